/* Signatures of WechatPay\Seen. The stubs say the same: tests/surface.phpt. */
#ifndef PHP_WECHATPAY_SEEN_ARGINFO_H
#define PHP_WECHATPAY_SEEN_ARGINFO_H

/* Two days, as the signatures below say. */
#define WECHATPAY_SEEN_SECONDS 172800.0

ZEND_BEGIN_ARG_INFO_EX(arginfo_seen_construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_seen_memory, 0, 0, WechatPay\\Seen, 0)
    ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, seconds, IS_DOUBLE, 0, "172800.0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_seen_redis, 0, 1, WechatPay\\Seen, 0)
    ZEND_ARG_TYPE_INFO(0, url, IS_STRING, 0)
    ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, seconds, IS_DOUBLE, 0, "172800.0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_seen_claim, 0, 1, _IS_BOOL, 0)
    ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_seen_tell, 0, 1, IS_VOID, 0)
    ZEND_ARG_TYPE_INFO(0, id, IS_STRING, 0)
ZEND_END_ARG_INFO()

#endif
