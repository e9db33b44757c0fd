--TEST--
Notifications: headers as PHP has them, bodies, answers, receivers with and without a client
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Answer;
use WechatPay\Client;
use WechatPay\Notification;
use WechatPay\Notifications;

fresh();
$notify = fn (array $order = []) => admin('POST', '/notifications', $order + [
    'event_type' => 'TRANSACTION.SUCCESS',
    'resource' => ['amount' => ['total' => 9007199254740993], 'attach' => '微信', 'none' => []],
    'envelope' => ['id' => 'EV-1', 'create_time' => '2026-11-21T12:00:00+08:00', 'summary' => null],
]);
['headers' => $headers, 'body' => $body] = $notify();
$client = new Client(options());

// What is read.
$notification = $client->notifications->parse($headers, $body);
check($notification instanceof Notification, 'a notification');
check(get_object_vars($notification) === [
    'id' => 'EV-1',
    'create_time' => '2026-11-21T12:00:00+08:00',
    'event_type' => 'TRANSACTION.SUCCESS',
    'resource_type' => 'encrypt-resource',
    'summary' => null,
    'original_type' => 'transaction',
    'resource' => ['amount' => ['total' => 9007199254740993], 'attach' => '微信', 'none' => []],
], 'all of it');
var_dump($notification);
echo json_encode($notification), "\n";
$long = $notify(['resource' => '{"long": 12345678901234567890, "half": 0.5, "object": {}}']);
$resource = $client->notifications->parse($long['headers'], $long['body'])->resource;
check($resource === ['long' => '12345678901234567890', 'half' => 0.5, 'object' => []], 'numbers without loss');

// Headers as PHP has them.
$rename = fn (callable $change) => array_combine(array_map($change, array_keys($headers)), $headers);
$cgi = $rename(fn ($name) => 'HTTP_' . strtoupper(strtr($name, '-', '_')));
$endless = [];
$endless['in'] = &$endless;
$others = ['argv' => [], 'argc' => 0, 'REQUEST_TIME_FLOAT' => NAN, 'HTTP_COOKIE' => "\xff", "\xfe" => 1, 7 => 'x', 'e' => $endless,
    'file' => STDIN, 'object' => new DateTime()];
$same = [
    'getallheaders()' => $headers,
    'in lower case' => $rename('strtolower'),
    '$_SERVER' => [...$_SERVER, ...$cgi],
    '$_SERVER with everything' => $others + $cgi,
    'PSR-7' => array_map(fn ($value) => [$value], $headers),
];
json_decode('[');
foreach ($same as $what => $one) {
    check($client->notifications->parse($one, $body)->id === 'EV-1', $what);
}
check(json_last_error() === JSON_ERROR_SYNTAX, "the caller's last error of JSON");

// Receivers.
check($client->notifications === $client->notifications, 'made once');
check(isset($client->notifications), 'isset');
$receiver = (new Client(options()))->notifications;
check($receiver->parse($headers, $body)->id === 'EV-1', 'outlives the client');
$lasting = Client::persistent('shop', options())->notifications;
check($lasting->parse($headers, $body)->id === 'EV-1', 'of a lasting client');
$needed = array_intersect_key(options(), array_flip(['public_key_id', 'platform_public_key_path', 'apiv3_key']));
check((new Notifications($needed))->parse($headers, $body)->id === 'EV-1', 'without mchid and private key');
foreach ($needed as $name => $value) {
    putenv('WECHATPAY_' . strtoupper($name) . "=$value");
}
check(Notifications::fromEnv()->parse($headers, $body)->id === 'EV-1', 'from the environment');
putenv('WECHATPAY_APIV3_KEY');
$keyless = new Client(options(['apiv3_key' => null]));
check(!isset($keyless->notifications) && $keyless->mchid === '1900000001', 'a client without an APIv3 key');

// Answers.
$ack = $notification->ack();
check($ack instanceof Answer && get_object_vars($ack) === ['status' => 204, 'headers' => [], 'body' => ''], 'ack');
check(Notifications::ack() == $ack && $client->notifications->ack() == $ack, 'ack without a notification');
foreach ([$receiver->failure('库存 "0"'), Notifications::failure('库存 "0"')] as $failure) {
    check($failure->status === 500 && $failure->headers === ['Content-Type' => 'application/json'], 'failure');
    check(json_decode($failure->body, true) === ['code' => 'FAIL', 'message' => '库存 "0"'], 'its body');
}

$wrong = [
    fn () => $receiver->parse($headers, json_decode($body, true)),
    fn () => $receiver->parse($headers, false),
    fn () => $receiver->parse($headers, null),
    fn () => $receiver->parse($headers, $body . "\n"),
    fn () => $receiver->parse($headers, json_encode(json_decode($body), JSON_PRETTY_PRINT)),
    fn () => $receiver->parse($headers, "\xff\0"),
    fn () => $receiver->parse([], $body),
    fn () => $receiver->parse(['a', 'b'], $body),
    fn () => $receiver->parse(['Wechatpay-Nonce' => 1] + $headers, $body),
    fn () => $receiver->parse(['Wechatpay-Nonce' => "\xff"] + $headers, $body),
    fn () => $receiver->parse('Wechatpay-Nonce: x', $body),
    fn () => Notifications::failure("\xff"),
    fn () => Notifications::failure("\0"),
    fn () => new Notifications([]),
    fn () => new Notifications(array_diff_key($needed, ['apiv3_key' => 0])),
    fn () => new Notifications($needed + ['apiv3key' => 'x']),
    fn () => new Notifications($needed + ['timeout' => new stdClass()]),
    fn () => Notifications::fromEnv(),
    fn () => $keyless->notifications,
    fn () => $receiver->__construct($needed),
    fn () => clone $receiver,
    fn () => serialize($receiver),
    fn () => serialize($notification),
    fn () => $notification->id = 'EV-2',
    fn () => $notification->more = 1,
    fn () => $client->notifications = $receiver,
];
foreach ($wrong as $call) {
    $thrown = thrown($call);
    $signature = $thrown instanceof WechatPay\Exception\SignatureException;
    echo $thrown::class, ': ', $signature ? $thrown->getErrorCode() : $thrown->getMessage(), "\n";
}
?>
--EXPECTF--
object(WechatPay\Notification)#%d (6) {
  ["id"]=>
  string(4) "EV-1"
  ["create_time"]=>
  string(25) "2026-11-21T12:00:00+08:00"
  ["event_type"]=>
  string(19) "TRANSACTION.SUCCESS"
  ["resource_type"]=>
  string(16) "encrypt-resource"
  ["summary"]=>
  NULL
  ["original_type"]=>
  string(11) "transaction"
}
{"id":"EV-1","create_time":"2026-11-21T12:00:00+08:00","event_type":"TRANSACTION.SUCCESS","resource_type":"encrypt-resource","summary":null,"original_type":"transaction"}
WechatPay\Exception\InvalidRequestException: body must be the raw bytes of the request as a string (file_get_contents('php://input')): what was parsed and written again has another signature; nothing was sent
WechatPay\Exception\InvalidRequestException: body must be the raw bytes of the request as a string (file_get_contents('php://input')): what was parsed and written again has another signature; nothing was sent
WechatPay\Exception\InvalidRequestException: body must be the raw bytes of the request as a string (file_get_contents('php://input')): what was parsed and written again has another signature; nothing was sent
WechatPay\Exception\SignatureException: bad_signature
WechatPay\Exception\SignatureException: bad_signature
WechatPay\Exception\SignatureException: bad_signature
WechatPay\Exception\SignatureException: missing_header
WechatPay\Exception\InvalidRequestException: headers must be an object of names and texts; nothing was sent
WechatPay\Exception\InvalidRequestException: headers holds wechatpay-nonce, which must be a text or a list of texts; nothing was sent
WechatPay\Exception\SignatureException: missing_header
TypeError: WechatPay\Notifications::parse(): Argument #1 ($headers) must be of type array, string given
WechatPay\Exception\InvalidRequestException: message is not UTF-8; nothing was sent
WechatPay\Exception\InvalidRequestException: message has a NUL byte; nothing was sent
WechatPay\Exception\ConfigException: platform_public_key and public_key_id (or platform_certificates) are required: without a key of the platform no reply could be verified
WechatPay\Exception\ConfigException: apiv3_key is needed to decrypt; set it in the merchant console and give it to the client
WechatPay\Exception\ConfigException: apiv3key is not an option of the client; did you mean apiv3_key?
WechatPay\Exception\ConfigException: timeout must be a string, a number, true or false, or a list of strings
WechatPay\Exception\ConfigException: apiv3_key is needed to decrypt; set it in the merchant console and give it to the client
WechatPay\Exception\ConfigException: apiv3_key is needed to decrypt; set it in the merchant console and give it to the client
Error: WechatPay\Notifications is constructed already
Error: Trying to clone an uncloneable object of class WechatPay\Notifications
Exception: Serialization of 'WechatPay\Notifications' is not allowed
Exception: Serialization of 'WechatPay\Notification' is not allowed
Error: Cannot modify readonly property WechatPay\Notification::$id
Error: Cannot create dynamic property WechatPay\Notification::$more
Error: Cannot modify readonly property WechatPay\Client::$notifications
