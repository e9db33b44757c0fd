--TEST--
Parameters by type: what goes out is what was given, and what cannot go is named
--EXTENSIONS--
wechatpay
--INI--
serialize_precision=17
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

enum Type: string
{
    case Open = 'OPEN';
}

$client = new WechatPay\Client(options());

// Raw requests are sent as they are given: the sandbox keeps their bytes.
$sent = function (mixed $body) use ($client): string {
    fresh();
    fault('reply', ['status' => 200, 'body' => ['ok' => true]]);
    $client->request('POST', '/v3/anything', body: $body);
    return journal()[0]['body'];
};
$text = 'x';
$referred = ['a' => &$text];
$bodies = [
    [],
    new stdClass(),
    ['list' => [], 'object' => new stdClass()],
    [1, 'two', 3.0, 0.1, 1e300, true, null, PHP_INT_MAX, PHP_INT_MIN],
    ['1900000109' => 'a number for a name', '' => 'no name'],
    ['微信' => '支付/"\\' . "\n\u{1F600}"],
    ['type' => Type::Open],
    $referred,
    'a text',
    0,
    false,
];
foreach ($bodies as $body) {
    echo $sent($body), "\n";
}
check(json_encode(0.1) === '0.10000000000000001', 'the ini setting holds for everything else');

// Operations: the empty record is an object.
$thrown = thrown(fn () => $client->call(CALL, []));
check($thrown->getErrorCode() === 'missing_field' && $thrown->getField() === 'sub_mchid', 'no parameters');
fresh();
$client->call(CALL, ['sub_mchid' => '1900000109', 'operation_type' => Type::Open]);
echo journal()[0]['body'], "\n";

// A file: bytes, in base64 only on the way to the library.
fresh();
$pdf = "%PDF-1.4\0\xff\xfe" . random_bytes(100);
$file = ['filename' => '发票.pdf', 'content' => $pdf];
$digest = openssl_digest($pdf, 'sm3');
$params = ['file' => $file, 'meta' => ['file_type' => 'PDF', 'digest_alogrithm' => 'SM3', 'digest' => $digest, 'sub_mchid' => '1900000109']];
$media = $client->newTaxControlFapiao->fapiaoApplications->uploadFapiaoFile($params);
check(isset($media['fapiao_media_id']), 'uploaded');
check(str_contains(base64_decode(journal()[0]['body_base64']), $pdf), 'the bytes as they were');
check($params['file']['content'] === $pdf, 'the array of the caller stays what it is');

$endless = [];
$endless['in'] = &$endless;
$deep = 'x';
for ($level = 0; $level < 120; $level++) {
    $deep = [$deep];
}
$throwing = new class implements JsonSerializable {
    public function jsonSerialize(): mixed
    {
        throw new DomainException('of the caller');
    }
};
json_encode("\xff");
$wrong = [
    ['sub_mchid' => "19\xff"],
    ['sub_mchid' => '1', 'a' => ['b' => [['c' => 1], ['c' => NAN]]]],
    ['a' => INF],
    ['a' => ["\xff" => 1]],
    ["\xff" => 1],
    ['a' => fopen('php://memory', 'r')],
    ['a' => $endless],
    ['a' => $deep],
    ['a' => $throwing],
    ['file' => ['filename' => "\xff", 'content' => "\xff"]],
    ['1', '2'],
];
fresh();
foreach ($wrong as $params) {
    $thrown = thrown(fn () => $client->call(CALL, $params));
    echo $thrown::class, ': ', $thrown->getMessage(), "\n";
}
check(journal() === [], 'nothing was sent');
check(json_last_error() === JSON_ERROR_UTF8, 'json_last_error() stays what the caller knows');
?>
--EXPECT--
{}
{}
{"list":[],"object":{}}
[1,"two",3.0,0.1,1.0e+300,true,null,9223372036854775807,-9223372036854775808]
{"1900000109":"a number for a name","":"no name"}
{"微信":"支付/\"\\\n😀"}
{"type":"OPEN"}
{"a":"x"}
"a text"
0
false
{"sub_mchid":"1900000109","operation_type":"OPEN"}
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: sub_mchid must be UTF-8; files are ['filename' => ..., 'content' => ...]; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a.b.1.c must be a finite number; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a must be a finite number; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a must have names in UTF-8; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: params must have names in UTF-8; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a must be text, a number, a boolean or an array, not a resource; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a is nested too deeply, or within itself; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: a is nested too deeply, or within itself; nothing was sent
DomainException: of the caller
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: file.filename must be UTF-8; files are ['filename' => ..., 'content' => ...]; nothing was sent
WechatPay\Exception\InvalidRequestException: goldplan.merchants.change_custom_page_status: params must be a JSON object; nothing was sent
