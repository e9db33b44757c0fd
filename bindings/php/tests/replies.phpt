--TEST--
Replies: every digit, every byte
--EXTENSIONS--
wechatpay
--INI--
precision=17
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

$client = new WechatPay\Client(options());
$reply = function (string $body) use ($client): mixed {
    fresh();
    fault('reply', ['status' => 200, 'body' => $body]);
    return $client->call(CALL, PARAMS);
};
echo json_encode($reply('{"n":9223372036854775807,"more":9223372036854775808,"many":123456789012345678901234567890,"list":[-9223372036854775809,1]}')), "\n";
echo json_encode($reply('{"empty":{},"none":[],"null":null,"f":0.1,"t":"微信\u0000\ud83d\ude00","\u0000*\u0000x":1}')), "\n";

// A file is a string of bytes.
fresh();
$download = ['token' => 't', 'mchid' => '1900000001', 'openid' => 'o', 'invoice_code' => '1', 'invoice_no' => '2', 'fapiao_id' => '3'];
$bytes = $client->newTaxControlFapiao->download($download);
check(is_string($bytes) && $bytes !== '', 'a file');

// What JSON allows and PHP cannot read is no success.
fresh();
fault('reply', ['status' => 200, 'body' => '{"sub_mchid":"1","x":"\ud800"}']);
$thrown = thrown(fn () => $client->request('POST', '/v3/anything', body: ['a' => 1]));
echo $thrown::class, " ", $thrown->getErrorCode(), ": ", $thrown->getMessage(), "\n";

// A text that only looks like JSON stays one.
fresh();
fault('reply', ['status' => 200, 'body' => 'plain text']);
echo json_encode($client->request('GET', '/v3/anything')->body);
?>
--EXPECT--
{"n":9223372036854775807,"more":"9223372036854775808","many":"123456789012345678901234567890","list":["-9223372036854775809",1]}
{"empty":[],"none":[],"null":null,"f":0.1,"t":"\u5fae\u4fe1\u0000\ud83d\ude00","\u0000*\u0000x":1}
WechatPay\Exception\IntegrityException bad_json: POST: the reply is JSON that PHP cannot read
"plain text"
