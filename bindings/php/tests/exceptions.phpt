--TEST--
One exception class for each kind of error, with all that the core tells
--EXTENSIONS--
wechatpay
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;
use WechatPay\Exception as E;

$client = new Client(options());
$fails = function (?string $fault = null, array $members = [], array $changed = [], string $operation = CALL, array $params = PARAMS): E\WechatPayException {
    fresh();
    if ($fault) {
        fault($fault, $members, 9);
    }
    return thrown(fn () => (new Client(options($changed)))->call($operation, $params));
};
$tell = function (E\WechatPayException $e, string $class): void {
    check($e::class === "WechatPay\\Exception\\$class", $e::class);
    check($e->getFile() === __FILE__ && $e->getLine() > 1, 'where it was');
    $told = [
        $e->getCode(), $e->getKind(), $e->getErrorCode(), $e->getRetryability(), $e->mayHaveTakenEffect(),
        $e->getOperation(), $e->getStatus(), $e->getField(), $e->getLocation(), $e->isVerified(), $e->getRequestId() !== null,
    ];
    echo "$class: ", json_encode($told), "\n";
    check($e->getErrorMessage() !== '' && str_contains($e->getMessage(), $e->getErrorMessage()), 'message');
};

$tell($fails(changed: ['apiv3_key' => 'short']), 'ConfigException');
$tell($fails(params: ['sub_mchid' => '1900000109']), 'InvalidRequestException');
$tell($fails('reset'), 'TransportException');
$tell($fails('delay', ['ms' => 3000], ['timeout' => 0.3]), 'TimeoutException');
$tell($fails(params: ['sub_mchid' => '1', 'operation_type' => 'OPEN']), 'ApiException');
$tell($fails('wrong_signature'), 'SignatureException');
$body = ['type' => 'INDIVIDUAL', 'name' => 'x', 'phone' => 'bm90IGVuY3J5cHRlZA=='];
$params = ['fapiao_apply_id' => '4200000444201910177461284488', 'scene' => 'WITH_WECHATPAY'];
$tell($fails('reply', ['body' => $body], operation: 'new_tax_control_fapiao.user_title.get', params: $params), 'DecryptException');
$tell($fails('reply', ['body' => 'not JSON']), 'IntegrityException');

// The platform's detail, in PHP's types; its Chinese words whole.
$detail = ['field' => '/body/x', 'value' => [1, '微'], 'issue' => 'bad', 'location' => 'body', 'n' => 1.5];
$e = $fails('status', ['status' => 403, 'body' => ['code' => 'NO_AUTH', 'message' => '没有权限', 'detail' => $detail]]);
check($e->getDetail() === $detail && $e->getValue() === [1, '微'] && $e->getIssue() === 'bad', 'detail');
check($e->getLocation() === 'body' && $e->getErrorCode() === 'NO_AUTH', 'code');
check(str_contains($e->getMessage(), '没有权限') && mb_check($e->getMessage()), 'UTF-8');
function mb_check(string $text): bool
{
    return preg_match('//u', $text) === 1;
}

// The class tree.
foreach (['Config', 'InvalidRequest', 'Transport', 'Api', 'Signature', 'Decrypt', 'Integrity', 'Internal'] as $kind) {
    check(get_parent_class("WechatPay\\Exception\\{$kind}Exception") === E\WechatPayException::class, $kind);
}
check(get_parent_class(E\TimeoutException::class) === E\TransportException::class, 'timeout');
check(get_parent_class(E\WechatPayException::class) === RuntimeException::class, 'base');

// They can be made in the tests of others, and travel.
$made = new E\ApiException('no such merchant', previous: new LogicException('why'));
check([$made->getKind(), $made->getCode(), $made->getStatus(), $made->isVerified()] === ['api', 400, null, false], 'made by hand');
check($made->getPrevious()->getMessage() === 'why', 'previous');
$getters = array_filter(get_class_methods($e), fn ($name) => preg_match('/^(get|is|may)/', $name) && !in_array($name, ['getTrace', 'getTraceAsString', 'getValue', 'getDetail', 'getPrevious']));
$twin = unserialize(serialize($e));
foreach ($getters as $getter) {
    check($twin->$getter() === $e->$getter(), $getter);
}
check(count($getters) >= 16, 'all getters');
check($twin->getDetail() === null, 'what may be an openid stays behind');
?>
--EXPECT--
ConfigException: [100,"config","bad_apiv3_key","never",false,null,null,"apiv3_key",null,false,false]
InvalidRequestException: [200,"invalid_request","missing_field","never",false,"goldplan.merchants.change_custom_page_status",null,"operation_type",null,false,false]
TransportException: [300,"transport","connection_broken","safe",true,"goldplan.merchants.change_custom_page_status",null,null,null,false,false]
TimeoutException: [310,"timeout","timeout","safe",true,"goldplan.merchants.change_custom_page_status",null,null,null,false,false]
ApiException: [400,"api","MCH_NOT_EXISTS","never",false,"goldplan.merchants.change_custom_page_status",400,null,null,true,true]
SignatureException: [500,"signature","bad_signature","safe",true,"goldplan.merchants.change_custom_page_status",200,null,null,false,true]
DecryptException: [600,"decrypt","cannot_decrypt","never",false,"new_tax_control_fapiao.user_title.get",200,"phone",null,true,true]
IntegrityException: [700,"integrity","not_json","safe",true,"goldplan.merchants.change_custom_page_status",200,null,null,true,true]
