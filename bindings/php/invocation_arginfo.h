/* Signatures of WechatPay\Invocation. The stubs say the same: tests/surface.phpt. */
#ifndef PHP_WECHATPAY_INVOCATION_ARGINFO_H
#define PHP_WECHATPAY_INVOCATION_ARGINFO_H

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_jsapi, 0, 2, IS_ARRAY, 0)
    ZEND_ARG_TYPE_INFO(0, appid, IS_STRING, 0)
    ZEND_ARG_TYPE_INFO(0, prepay_id, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_app, 0, 3, IS_ARRAY, 0)
    ZEND_ARG_TYPE_INFO(0, appid, IS_STRING, 0)
    ZEND_ARG_TYPE_INFO(0, partnerid, IS_STRING, 0)
    ZEND_ARG_TYPE_INFO(0, prepay_id, IS_STRING, 0)
ZEND_END_ARG_INFO()

#endif
