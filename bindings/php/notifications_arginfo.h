/* Signatures of WechatPay\Notifications. The stubs say the same: tests/surface.phpt. */
#ifndef PHP_WECHATPAY_NOTIFICATIONS_ARGINFO_H
#define PHP_WECHATPAY_NOTIFICATIONS_ARGINFO_H

ZEND_BEGIN_ARG_INFO_EX(arginfo_receiver, 0, 0, 1)
    ZEND_ARG_TYPE_INFO(0, options, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_receiver_from_env, 0, 0, WechatPay\\Notifications, 0)
ZEND_END_ARG_INFO()

/* Any body: one that is no string gets an error that says what to hand over, which a TypeError would not. */
ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_parse, 0, 2, WechatPay\\Notification, 0)
    ZEND_ARG_TYPE_INFO(0, headers, IS_ARRAY, 0)
    ZEND_ARG_TYPE_INFO(0, body, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_ack, 0, 0, WechatPay\\Answer, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_failure, 0, 1, WechatPay\\Answer, 0)
    ZEND_ARG_TYPE_INFO(0, message, IS_STRING, 0)
ZEND_END_ARG_INFO()

#endif
