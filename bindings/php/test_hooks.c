/* Functions that panic on purpose, over a library that was built with the same. For the tests only. */
#include "php_wechatpay.h"

wechatpay_error *wechatpay_test_panic(void);
wechatpay_error *wechatpay_test_panic_in_call(const wechatpay_client *client);
void wechatpay_test_panic_in_free(void);

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(no_arguments, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(one_client, 0, 1, IS_VOID, 0)
    ZEND_ARG_OBJ_INFO(0, client, WechatPay\\Client, 0)
ZEND_END_ARG_INFO()

static ZEND_NAMED_FUNCTION(panic)
{
    ZEND_PARSE_PARAMETERS_NONE();
    php_wechatpay_throw(wechatpay_test_panic());
}

static wechatpay_error *send_panic(const wechatpay_client *client, const void *arguments, wechatpay_reply **reply)
{
    return wechatpay_test_panic_in_call(client);
}

static ZEND_NAMED_FUNCTION(panic_in_call)
{
    zval *client;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_OBJECT_OF_CLASS(client, php_wechatpay_client_ce)
    ZEND_PARSE_PARAMETERS_END();
    php_wechatpay_run(php_wechatpay_object_of(Z_OBJ_P(client))->handle, send_panic, NULL);
}

static ZEND_NAMED_FUNCTION(panic_in_free)
{
    ZEND_PARSE_PARAMETERS_NONE();
    wechatpay_test_panic_in_free();
}

const zend_function_entry php_wechatpay_test_hooks[] = {
    ZEND_NS_FENTRY("WechatPay\\Test", panic, panic, no_arguments, ZEND_ACC_PUBLIC)
    ZEND_NS_FENTRY("WechatPay\\Test", panicInCall, panic_in_call, one_client, ZEND_ACC_PUBLIC)
    ZEND_NS_FENTRY("WechatPay\\Test", panicInFree, panic_in_free, no_arguments, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};
