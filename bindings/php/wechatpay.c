/* The module: what is there when PHP starts, and what goes when it ends. Nothing here makes a thread or a connection. */
#include "php_wechatpay.h"

#include "ext/standard/info.h"

ZEND_DECLARE_MODULE_GLOBALS(wechatpay)

#if defined(ZTS) && defined(COMPILE_DL_WECHATPAY)
ZEND_TSRMLS_CACHE_DEFINE()
#endif

void php_wechatpay_forget_persistent(zval *entry);
void php_wechatpay_forget_seen(zval *entry);

static PHP_GINIT_FUNCTION(wechatpay)
{
#if defined(ZTS) && defined(COMPILE_DL_WECHATPAY)
    ZEND_TSRMLS_CACHE_UPDATE();
#endif
    wechatpay_globals->wait = NULL;
    zend_hash_init(&wechatpay_globals->persistent, 8, NULL, php_wechatpay_forget_persistent, 1);
    zend_hash_init(&wechatpay_globals->seen, 8, NULL, php_wechatpay_forget_seen, 1);
}

static PHP_GSHUTDOWN_FUNCTION(wechatpay)
{
    zend_hash_destroy(&wechatpay_globals->persistent);
    zend_hash_destroy(&wechatpay_globals->seen);
}

static PHP_MINIT_FUNCTION(wechatpay)
{
    php_wechatpay_register_exceptions();
    php_wechatpay_register_namespaces();
    php_wechatpay_register_invocation();
    php_wechatpay_register_items();
    php_wechatpay_register_client();
    php_wechatpay_register_notifications();
    php_wechatpay_register_seen();
    return SUCCESS;
}

static PHP_MINFO_FUNCTION(wechatpay)
{
    php_info_print_table_start();
    php_info_print_table_row(2, "WeChat Pay", "enabled");
    php_info_print_table_row(2, "Extension", WECHATPAY_VERSION);
    php_info_print_table_row(2, "Library", wechatpay_version());
    php_info_print_table_end();
}

static const zend_module_dep dependencies[] = {
    ZEND_MOD_REQUIRED("json")
    ZEND_MOD_REQUIRED("hash")
    ZEND_MOD_REQUIRED("spl")
    ZEND_MOD_REQUIRED("standard")
    ZEND_MOD_END
};

zend_module_entry wechatpay_module_entry = {
    STANDARD_MODULE_HEADER_EX,
    NULL,
    dependencies,
    "wechatpay",
#ifdef WECHATPAY_TEST_HOOKS
    php_wechatpay_test_hooks,
#else
    NULL,
#endif
    PHP_MINIT(wechatpay),
    NULL,
    NULL,
    NULL,
    PHP_MINFO(wechatpay),
    WECHATPAY_VERSION,
    PHP_MODULE_GLOBALS(wechatpay),
    PHP_GINIT(wechatpay),
    PHP_GSHUTDOWN(wechatpay),
    NULL,
    STANDARD_MODULE_PROPERTIES_EX
};

#ifdef COMPILE_DL_WECHATPAY
ZEND_GET_MODULE(wechatpay)
#endif
