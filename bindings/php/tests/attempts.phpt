--TEST--
Attempts: exceptions list them, and a callable is told of them
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;

function client(array $changed = []): Client
{
    return new Client(options(['backup_url' => info()['backup_url'], 'cool_down' => 0.0001, ...$changed]));
}

function line(array $attempt): string
{
    $host = array_search($attempt['host'], info(), true);
    return "{$attempt['number']} $host " . ($attempt['phase'] ?? 'begins') . " {$attempt['status']} {$attempt['code']}";
}

fresh();
echo "Both ends of every attempt:\n";
fault('reset', ['after' => 'work']);
$told = [];
$client = client(['on_attempt' => function (array $attempt) use (&$told): void { $told[] = $attempt; }]);
$client->call(CALL, PARAMS);
echo implode("\n", array_map('line', $told)), "\n";
foreach ($told as $attempt) {
    check($attempt['operation'] === CALL && $attempt['mchid'] === info()['mchid'], 'whose attempt it is');
    check(abs($attempt['time'] - microtime(true)) < 30, 'when it was');
    check(($attempt['duration'] === null) === ($attempt['phase'] === null), 'how long it took');
}
check(is_string($told[3]['request_id']), 'the Request-ID');
foreach (['1900000109', 'OPEN', info()['apiv3_key'], 'WECHATPAY2'] as $secret) {
    check(!str_contains(print_r($told, true), $secret), 'nothing of what is sent is told');
}

echo "Derived clients are watched, too:\n";
$told = [];
$client->withOptions(['timeout' => 5])->call(CALL, PARAMS);
$own = array_diff_key(options(), ['base_url' => 0]);
$client->forMerchant($own)->goldplan->merchants->changeCustomPageStatus(PARAMS);
echo count($told), "\n";
$others = 0;
$client->withOptions(['on_attempt' => function () use (&$others) { $others++; }])->call(CALL, PARAMS);
Client::persistent('attempts', options())->withOptions(['on_attempt' => function () use (&$others) { $others++; }])->call(CALL, PARAMS);
Client::persistent('attempts', options())->call(CALL, PARAMS);
echo count($told), " $others\n";

echo "What it throws ends no call:\n";
set_error_handler(function (int $level, string $message) { echo "warning: $message\n"; return true; });
$throws = client(['on_attempt' => fn () => throw new DomainException('the metrics are down')]);
echo json_encode($throws->call(CALL, PARAMS)), "\n";
set_error_handler(fn (int $level, string $message) => throw new ErrorException($message));
echo json_encode($throws->call(CALL, PARAMS)), "\n";
restore_error_handler();
restore_error_handler();

echo "It may make calls, also those that fail:\n";
$made = [];
$calls = client(['on_attempt' => function () use (&$made) {
    $made[] = client()->call(CALL, PARAMS)['sub_mchid'];
    $made[] = thrown(fn () => client()->call('no.such.operation'))->getErrorCode();
}]);
$calls->call(CALL, PARAMS);
echo implode(' ', $made), "\n";

echo "It may end the program:\n";
[$code, $output] = run_php('
    $client = new WechatPay\Client(options(["on_attempt" => function () { echo "bye"; exit(3); }]));
    $client->call(CALL, PARAMS);
    echo "not reached";
');
echo "$code $output\n";

echo "What cannot be one is refused:\n";
foreach ([
    fn () => client(['on_attempt' => 'no such function']),
    fn () => $client->withOptions(['on_attempt' => 7]),
    fn () => $client->forMerchant([...$own, 'on_attempt' => fn () => 0]),
    fn () => Client::persistent('another', options(['on_attempt' => fn () => 0])),
] as $wrong) {
    echo thrown($wrong)->getErrorMessage(), "\n";
}

echo "Exceptions list them:\n";
fault('reset', ['after' => 'work']);
fault('status', ['status' => 400, 'body' => ['code' => 'ORDER_CLOSED', 'message' => '-']]);
$e = thrown(fn () => client()->call('pay.transactions.close_by_out_trade_no', ['mchid' => info()['mchid'], 'out_trade_no' => 'attempts-4']));
echo $e->getErrorCode(), ' ', $e->getCheckWith(), "\n", implode("\n", array_map('line', $e->getAttempts())), "\n";
check($e->getAttempts()[1]['request_id'] === $e->getRequestId(), 'the Request-ID of the last one');
echo json_encode((new WechatPay\Exception\ApiException('made by a test'))->getAttempts()), "\n";

unset($client, $calls, $throws);
gc_collect_cycles();
?>
--EXPECT--
Both ends of every attempt:
1 base_url begins  
1 base_url waiting  connection_broken
2 backup_url begins  
2 backup_url answered 200 
Derived clients are watched, too:
4
4 4
What it throws ends no call:
warning: WechatPay\Client::call(): on_attempt threw DomainException: the metrics are down
warning: WechatPay\Client::call(): on_attempt threw DomainException: the metrics are down
{"sub_mchid":"1900000109"}
{"sub_mchid":"1900000109"}
It may make calls, also those that fail:
1900000109 unknown_operation 1900000109 unknown_operation
It may end the program:
3 bye
What cannot be one is refused:
on_attempt must be callable: fn (array $attempt): void
on_attempt must be callable: fn (array $attempt): void
on_attempt is the first client's, for all merchants
on_attempt is a callable, which does not outlive its request: use new Client
Exceptions list them:
ORDER_CLOSED pay.transactions.get_by_out_trade_no
1 base_url waiting  connection_broken
2 backup_url answered 400 
[]
