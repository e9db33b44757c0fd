--TEST--
Lasting clients: one for a key, with its connections; others go when nobody holds them
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;

$threads = fn () => count(glob('/proc/self/task/*'));
$sockets = fn () => count(array_filter(glob('/proc/self/fd/*'), fn ($fd) => str_starts_with((string) @readlink($fd), 'socket:')));

fresh();
check($threads() === 1, 'loading and making makes no thread');
$first = Client::persistent('shop', options());
check($threads() === 1 && $sockets() === 0, 'nothing before the first call');
$first->call(CALL, PARAMS);
$open = $sockets();
unset($first);
gc_collect_cycles();
for ($round = 0; $round < 20; $round++) {
    // In any order, and with null for what is not given.
    $again = Client::persistent('shop', array_reverse(options(), true));
    check($again->call(CALL, PARAMS) === ['sub_mchid' => '1900000109'], 'a call');
    unset($again);
}
check($sockets() === $open, "the connection lasts: $open, {$sockets()}");

$other = thrown(fn () => Client::persistent('shop', options(['timeout' => 7])));
echo $other->getField(), ': ', $other->getMessage(), "\n";
check(thrown(fn () => Client::persistent('broken', ['mchid' => '1']))->getKind() === 'config', 'a broken one is not kept');
check(Client::persistent('broken', options())->mchid === '1900000001', 'and its key is free');
check(thrown(fn () => Client::persistent('shop', ['a' => NAN]))->getField() === 'key', 'whatever the options are');

// What is derived shares the connections, and is freed by itself.
$derived = Client::persistent('shop', options())->withOptions(['timeout' => 9]);
$derived->call(CALL, PARAMS);
check($sockets() === $open, 'derived clients share them');

// Ordinary clients give their memory and connections back.
$use = function (): void {
    $client = new Client(options());
    $client->goldplan->merchants->changeCustomPageStatus(PARAMS);
};
$use();
usleep(100_000);
$before = $sockets();
for ($round = 0; $round < 10; $round++) {
    $use();
}
for ($left = 100; $sockets() > $before && $left > 0; $left--) {
    usleep(20_000);
}
check($sockets() <= $before, "sockets: $before, {$sockets()}");
?>
--EXPECT--
key: key is in use with other options; give each set of options a key of its own
