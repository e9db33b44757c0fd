--TEST--
Clients: made, derived, looked at; and what hangs on them
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;
use WechatPay\Reply;

fresh();
$client = new Client(options());
check($client->mchid === '1900000001', 'mchid');
check($client->goldplan->merchants->changeCustomPageStatus(PARAMS) === ['sub_mchid' => '1900000109'], 'an array');
check($client->goldplan->merchants->closeAdvertisingShow(['sub_mchid' => '1900000109']) === null, 'nothing');
check($client->call(CALL, PARAMS) === ['sub_mchid' => '1900000109'], 'by id');
check(admin('GET', '/state')['sub_merchants']['1900000109']['custom_page'] === 'OPEN', 'it happened');

// Namespaces are made once, and go on without their client.
check($client->goldplan === $client->goldplan, 'the same namespace');
check(isset($client->goldplan->merchants) && !isset($client->goldplans), 'isset');
$merchants = (new Client(options()))->goldplan->merchants;
check($merchants->changeCustomPageStatus(PARAMS) === ['sub_mchid' => '1900000109'], 'outlives the client');
$method = $merchants->changeCustomPageStatus(...);
unset($merchants);
check(array_map($method, [PARAMS]) === [['sub_mchid' => '1900000109']], 'a callable of its own');
check(call_user_func_array([$client->goldplan->merchants, 'changeCustomPageStatus'], ['params' => PARAMS]) !== null, 'by name');

$reply = $client->request('GET', '/v3/new-tax-control-fapiao/merchant/1900000110/check-status');
check($reply instanceof Reply && $reply->status === 200 && $reply->requestId !== null, 'a reply');
check($reply->body === ['sub_mchid' => '1900000110'], 'its body');
$reply = $client->request('POST', '/v3/goldplan/merchants/close-advertising-show', body: ['sub_mchid' => '1900000109']);
check($reply->status === 204 && $reply->body === null, 'no body');
thrown(fn () => $client->request('GET', '/v3/any', query: ['a' => 'x&y 微', 'n' => 1, 'list' => ['p', 'q']]));
check(array_reverse(journal())[0]['target'] === '/v3/any?a=x%26y%20%E5%BE%AE&n=1&list=p&list=q', 'a query');

foreach (options() as $name => $value) {
    putenv('WECHATPAY_' . strtoupper($name) . "=$value");
}
check(Client::fromEnv()->call(CALL, PARAMS) === ['sub_mchid' => '1900000109'], 'from the environment');

$own = array_diff_key(options(), ['base_url' => 0]);
$derived = $client->forMerchant([...$own, 'mchid' => '1900009999'])->withOptions(['timeout' => 3.5, 'retry' => 'off']);
check($derived->mchid === '1900009999', 'for another merchant');
check(thrown(fn () => $derived->call(CALL, PARAMS))->getErrorCode() === 'SIGN_ERROR', 'whom the sandbox does not know');
fault('delay', ['ms' => 3000]);
$slow = thrown(fn () => $client->withOptions(['timeout' => 0.2, 'retry' => 'off'])->call(CALL, PARAMS));
check($slow instanceof WechatPay\Exception\TimeoutException, 'a timeout of its own');
check(in_array('apiv3_key', Client::optionNames(), true), 'names of options');

// What is wrong, told.
$wrong = [
    fn () => $client->goldplann,
    fn () => $client->goldplan->merchant,
    fn () => $client->goldplan->merchants->changeCustomPageStatu(PARAMS),
    fn () => $client->cal(CALL),
    fn () => $client->something,
    fn () => new WechatPay\Operations\Goldplan(),
    fn () => new WechatPay\Operations(),
    fn () => clone $client,
    fn () => clone $client->goldplan,
    fn () => serialize($client->goldplan),
    fn () => $client->goldplan = null,
    fn () => $client->mchid = '1',
    fn () => $client->anything = 1,
    fn () => $client->__construct(options()),
    fn () => new Client('1900000001'),
    fn () => new Client(['mchidd' => '1']),
    fn () => new Client(['mchid' => new stdClass()]),
    fn () => new Client(['mchid' => "1\0"]),
    fn () => new Client(['platform_certificates' => [1]]),
    fn () => new Client(['timeout' => NAN]),
    fn () => new Client(['1900000001']),
    fn () => $client->withOptions(['timeout' => 0]),
    fn () => $client->withOptions(['timeout' => '3']),
    fn () => $client->withOptions(['retry' => 'always']),
    fn () => $client->withOptions(['encrypted_with' => 3]),
    fn () => $client->withOptions(['encrypted_with' => "a\0b"]),
    fn () => $client->withOptions(['encrypted_with' => '']),
    fn () => $client->withOptions(['retries' => 3]),
    fn () => $client->forMerchant(['base_url' => 'https://example.com']),
    fn () => $client->call('goldplan.merchants.change_custom_page_statu'),
    fn () => $client->call("goldplan\0"),
    fn () => $client->request('GET', "/v3/\0"),
    fn () => $client->request('FETCH', '/v3/x'),
];
foreach ($wrong as $call) {
    $thrown = thrown($call);
    echo $thrown::class, ': ', $thrown->getMessage(), "\n";
}
?>
--EXPECT--
Error: WechatPay\Client has no operations goldplann; did you mean goldplan?
Error: WechatPay\Operations\Goldplan has no operations merchant; did you mean merchants?
Error: WechatPay\Operations\GoldplanMerchants has no method changeCustomPageStatu; did you mean changeCustomPageStatus?
Error: WechatPay\Client has no method cal; did you mean call?
Error: WechatPay\Client has no operations something
Error: WechatPay\Operations\Goldplan is not made by itself: it hangs on a WechatPay\Client
Error: Cannot instantiate abstract class WechatPay\Operations
Error: Trying to clone an uncloneable object of class WechatPay\Client
Error: Trying to clone an uncloneable object of class WechatPay\Operations\Goldplan
Exception: Serialization of 'WechatPay\Operations\Goldplan' is not allowed
Error: Cannot modify readonly property WechatPay\Operations::$goldplan
Error: Cannot modify readonly property WechatPay\Client::$mchid
Error: Cannot create dynamic property WechatPay\Client::$anything
Error: WechatPay\Client is constructed already
TypeError: WechatPay\Client::__construct(): Argument #1 ($options) must be of type array, string given
WechatPay\Exception\ConfigException: mchidd is not an option of the client; did you mean mchid?
WechatPay\Exception\ConfigException: mchid must be a string, a number, true or false, or a list of strings
WechatPay\Exception\ConfigException: mchid has a NUL byte
WechatPay\Exception\ConfigException: platform_certificates must be a list of strings, none with a NUL byte
WechatPay\Exception\ConfigException: timeout must be a finite number
WechatPay\Exception\ConfigException: options must be an array with the names of options as keys
WechatPay\Exception\ConfigException: timeout must be a positive number of seconds
WechatPay\Exception\ConfigException: timeout must be a positive number of seconds
WechatPay\Exception\ConfigException: retry must be one of off, safe, idempotent
WechatPay\Exception\ConfigException: encrypted_with must be the serial of a key of the platform
WechatPay\Exception\ConfigException: encrypted_with must be the serial of a key of the platform
WechatPay\Exception\ConfigException: encrypted_with must be the serial of the platform's key that the fields were encrypted with: PUB_KEY_ID_…, or a certificate's
WechatPay\Exception\ConfigException: retries is not an option of a call: timeout, retry, encrypted_with and on_attempt are
WechatPay\Exception\ConfigException: base_url is shared by all merchants of a client: set it on the first one
WechatPay\Exception\InvalidRequestException: operation goldplan.merchants.change_custom_page_statu is not an operation of this SDK; did you mean goldplan.merchants.change_custom_page_status?; request() reaches any path; nothing was sent
WechatPay\Exception\InvalidRequestException: operation has a NUL byte; nothing was sent
WechatPay\Exception\InvalidRequestException: path has a NUL byte; nothing was sent
WechatPay\Exception\InvalidRequestException: method must be one of GET, POST, PUT, PATCH, DELETE; nothing was sent
