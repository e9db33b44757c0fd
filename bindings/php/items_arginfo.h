/* Signatures of WechatPay\Items. The stubs say the same: tests/surface.phpt. */
#ifndef PHP_WECHATPAY_ITEMS_ARGINFO_H
#define PHP_WECHATPAY_ITEMS_ARGINFO_H

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_items_current, 0, 0, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_items_key, 0, 0, IS_LONG, 1)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_items_move, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_items_valid, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#endif
