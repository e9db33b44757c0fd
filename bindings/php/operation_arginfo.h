/* The signatures that generated methods have: parameters needed or not, and an array, nothing or a file in return. */
#ifndef PHP_WECHATPAY_OPERATION_ARGINFO_H
#define PHP_WECHATPAY_OPERATION_ARGINFO_H

#define WECHATPAY_SIGNATURES(name, type) \
    ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(needs_params_##name, 0, 1, type, 0) \
        ZEND_ARG_TYPE_INFO(0, params, IS_ARRAY, 0) \
    ZEND_END_ARG_INFO() \
    ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(takes_params_##name, 0, 0, type, 0) \
        ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, params, IS_ARRAY, 0, "[]") \
    ZEND_END_ARG_INFO()

WECHATPAY_SIGNATURES(gives_array, IS_ARRAY)
WECHATPAY_SIGNATURES(gives_nothing, IS_VOID)
WECHATPAY_SIGNATURES(gives_file, IS_STRING)

/* The function of a generated method. */
#define WECHATPAY_OPERATION(function, id) \
    static ZEND_NAMED_FUNCTION(function) { php_wechatpay_operation(INTERNAL_FUNCTION_PARAM_PASSTHRU, id); }

#endif
