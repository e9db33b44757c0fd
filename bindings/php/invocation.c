/* WechatPay\Invocation: what front ends need to open the cashier after a prepay. It hangs on a client, as namespaces do. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"

#include "invocation_arginfo.h"

/* Hands the arguments, all of them texts, to the utility of this name under these names. */
static void sign_record(INTERNAL_FUNCTION_PARAMETERS, const char *utility, const char *const *names, uint32_t count)
{
    zend_string *texts[3];
    zval params;

    if (zend_parse_parameters(ZEND_NUM_ARGS(), count == 2 ? "SS" : "SSS", &texts[0], &texts[1], &texts[2]) == FAILURE) {
        RETURN_THROWS();
    }

    php_wechatpay_handle *handle = php_wechatpay_object_of(Z_OBJ_P(ZEND_THIS))->handle;
    if (handle == NULL) {
        zend_throw_error(NULL, "WechatPay\\Invocation is not made by itself: it hangs on a WechatPay\\Client");
        RETURN_THROWS();
    }
    array_init_size(&params, count);
    for (uint32_t at = 0; at < count; at++) {
        add_assoc_str(&params, names[at], zend_string_copy(texts[at]));
    }
    php_wechatpay_utility(handle, utility, &params, return_value);
    zval_ptr_dtor(&params);
}

static ZEND_NAMED_FUNCTION(jsapi)
{
    static const char *const names[] = {"appid", "prepay_id"};
    sign_record(INTERNAL_FUNCTION_PARAM_PASSTHRU, "invocation.jsapi", names, 2);
}

static ZEND_NAMED_FUNCTION(mini_program)
{
    static const char *const names[] = {"appid", "prepay_id"};
    sign_record(INTERNAL_FUNCTION_PARAM_PASSTHRU, "invocation.mini_program", names, 2);
}

static ZEND_NAMED_FUNCTION(app)
{
    static const char *const names[] = {"appid", "partnerid", "prepay_id"};
    sign_record(INTERNAL_FUNCTION_PARAM_PASSTHRU, "invocation.app", names, 3);
}

static const zend_function_entry methods[] = {
    ZEND_FENTRY(jsapi, jsapi, arginfo_jsapi, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(miniProgram, mini_program, arginfo_jsapi, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(app, app, arginfo_app, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};

static const php_wechatpay_property properties[] = {{NULL, NULL}};

void php_wechatpay_register_invocation(void)
{
    static const php_wechatpay_namespace invocation = {"WechatPay\\Invocation", methods, properties};
    php_wechatpay_register_namespace(&invocation)->ce_flags |= ZEND_ACC_FINAL;
}
