--TEST--
Panics end as InternalException, and the process goes on
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/../sandbox.inc';

fresh();
$client = new WechatPay\Client(options());
$client->call(CALL, PARAMS);
// The call must still be under way when it panics.
fault('delay', ['ms' => 3000]);
foreach ([fn () => WechatPay\Test\panic(), fn () => WechatPay\Test\panicInCall($client)] as $panic) {
    $e = thrown($panic);
    check(!str_contains($e, 'on purpose'), 'what a panic says may be a secret');
    echo "\n", $e::class, ' ', $e->getCode(), ' ', $e->getKind(), ': ', $e->getMessage(), "\n";
}
WechatPay\Test\panicInFree();
fresh();
echo "\n", json_encode($client->call(CALL, PARAMS));
?>
--EXPECTF--
%A
WechatPay\Exception\InternalException 900 internal: %sit panicked%s
%A
WechatPay\Exception\InternalException 900 internal: %sit panicked%s
%A
{"sub_mchid":"1900000109"}
