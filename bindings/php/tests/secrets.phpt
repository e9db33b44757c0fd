--TEST--
Nothing that prints shows a key, an openid, or the platform's detail
--EXTENSIONS--
wechatpay
--INI--
zend.exception_ignore_args=0
zend.exception_string_param_max_len=1000
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

function forms(mixed $value): string
{
    ob_start();
    var_dump($value);
    debug_zval_dump($value);
    $shown = ob_get_clean();
    $shown .= print_r($value, true) . json_encode($value, JSON_PARTIAL_OUTPUT_ON_ERROR);
    $shown .= var_export($value, true) . print_r((array) $value, true);
    if ($value instanceof Throwable) {
        $shown .= $value . print_r($value->getTrace(), true) . $value->getTraceAsString();
    }
    return $shown;
}
$hidden = function (string $what, mixed $value, string ...$secrets): void {
    foreach ($secrets as $secret) {
        check(!str_contains(forms($value), $secret), "$what shows " . substr($secret, 0, 4));
    }
    echo "$what\n";
};

fresh();
$pem = file_get_contents(options()['merchant_private_key_path']);
$line = explode("\n", $pem)[1];
$secrets = [$line, options()['apiv3_key']];
$options = options(['merchant_private_key' => $pem, 'merchant_private_key_path' => null]);
$client = new Client($options);
$client->goldplan->merchants->changeCustomPageStatus(PARAMS);
$hidden('a client', $client, ...$secrets);
$hidden('a namespace', $client->goldplan->merchants, ...$secrets);
$hidden('a lasting client', Client::persistent('shop', $options), ...$secrets);
$hidden('a receiver', $client->notifications, ...$secrets);
$made = admin('POST', '/notifications', ['event_type' => 'X', 'resource' => ['payer' => ['openid' => OPENID]]]);
$notification = $client->notifications->parse($made['headers'], $made['body']);
$hidden('a notification', $notification, OPENID, ...$secrets);
check(str_contains(forms($notification), $notification->id), 'but its id is shown');
check($notification->resource === ['payer' => ['openid' => OPENID]], 'and those who ask are told');

// Our own frames in the traces of our exceptions, with arguments switched on; and in those of PHP itself, from 8.2.
$throwing = new class implements JsonSerializable {
    public function jsonSerialize(): mixed
    {
        throw new DomainException('of the caller');
    }
};
$failing = ['a wrong option', 'a half key', 'another merchant', 'a lasting one', 'a call', 'a detail', 'a raw request'];
foreach ([...$failing, ...(PHP_VERSION_ID >= 80200 ? ['a TypeError', 'an exception of the caller'] : [])] as $what) {
    fresh();
    $detail = ['field' => '/body/openid', 'value' => OPENID, 'more' => OPENID];
    $what !== 'a detail' or fault('status', ['status' => 400, 'body' => ['code' => 'X', 'message' => 'bad', 'detail' => $detail]]);
    $e = null;
    try {
        match ($what) {
            'a wrong option' => new Client([...$options, 'timeout' => 'x']),
            'a half key' => new Client([...$options, 'merchant_private_key' => substr($pem, 0, 500)]),
            'another merchant' => $client->forMerchant([...$options, 'serial_no' => '']),
            'a lasting one' => Client::persistent('shop', ['timeout' => 1] + $options),
            'a call' => $client->goldplan->merchants->changeCustomPageStatus(['sub_mchid' => '1', 'operation_type' => OPENID]),
            'a detail' => $client->call(CALL, PARAMS),
            'a raw request' => $client->request('POST', '/v3/nothing', ['openid' => OPENID], ['openid' => OPENID]),
            'a TypeError' => Client::persistent('key', $pem),
            'an exception of the caller' => $client->call(CALL, ['openid' => OPENID, 'x' => $throwing]),
        };
    } catch (Throwable $e) {
        $hidden($what, $e, OPENID, ...$secrets);
    }
    check($e !== null, "$what must fail");
    if ($e instanceof WechatPay\Exception\WechatPayException) {
        check(!str_contains(serialize($e), OPENID), "$what, serialized");
    }
    if ($what === 'a detail') {
        check($e->getValue() === OPENID && $e->getDetail() === $detail, 'but those who ask are told');
    }
}
if (PHP_VERSION_ID < 80200) {
    echo "a TypeError\nan exception of the caller\n";
}
?>
--EXPECT--
a client
a namespace
a lasting client
a receiver
a notification
a wrong option
a half key
another merchant
a lasting one
a call
a detail
a raw request
a TypeError
an exception of the caller
