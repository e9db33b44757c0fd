--TEST--
Records for front ends take named arguments, and name what is wrong with one
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

use WechatPay\Client;
use WechatPay\Exception\InvalidRequestException;
use WechatPay\Invocation;

$client = new Client(options());
$record = $client->invocation->jsapi(appid: 'wx1', prepay_id: 'wx2');
check(array_keys($record) === ['appId', 'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'], 'the names of JSAPI');
check($record['package'] === 'prepay_id=wx2' && strlen($record['paySign']) > 300, 'its package and signature');
$record = $client->invocation->app(prepay_id: 'wx2', partnerid: '1', appid: 'wx1');
$names = ['appid', 'partnerid', 'prepayid', 'package', 'noncestr', 'timestamp', 'sign'];
check(array_keys($record) === $names, 'the names of apps');
check($client->invocation->miniProgram('wx1', 'wx2')['appId'] === 'wx1', 'by position, too');

foreach ([
    'appid' => fn () => $client->invocation->jsapi('', 'wx2'),
    'prepay_id' => fn () => $client->invocation->miniProgram('wx1', 'prepay_id=wx2'),
    'partnerid' => fn () => $client->invocation->app('wx1', "1\n", 'wx2'),
] as $field => $wrong) {
    try {
        $wrong();
        echo "$field is accepted\n";
    } catch (InvalidRequestException $error) {
        check($error->getField() === $field, "$field: {$error->getMessage()}");
    }
}

check($client->invocation === $client->invocation, 'one for each client');
check(!str_contains(print_r($client->invocation, true), 'PRIVATE'), 'it shows nothing');
$invocation = $client->invocation;
unset($client);
check($invocation->jsapi('wx1', 'wx2')['appId'] === 'wx1', 'it keeps what it needs');
foreach ([fn () => new Invocation(), fn () => serialize($invocation), fn () => clone $invocation] as $forbidden) {
    try {
        $forbidden();
        echo "it can be made by itself\n";
    } catch (Throwable) {
    }
}
echo 'done';
?>
--EXPECT--
done
