/* Attempts: those that an exception carries, and those that a client's callable 'on_attempt' is told of meanwhile. */
#include "php_wechatpay.h"

static void add_text(zval *array, const char *name, const char *text)
{
    if (text != NULL) {
        add_assoc_string(array, name, text);
    } else {
        add_assoc_null(array, name);
    }
}

/* Nulls where it has only begun. */
static void add_attempt(zval *array, const wechatpay_attempt *attempt)
{
    const char *phase = wechatpay_attempt_phase(attempt);
    int32_t status = wechatpay_attempt_status(attempt);

    add_assoc_long(array, "number", wechatpay_attempt_number(attempt));
    add_assoc_string(array, "host", wechatpay_attempt_host(attempt));
    add_text(array, "phase", phase);
    if (phase != NULL) {
        add_assoc_double(array, "duration", wechatpay_attempt_duration(attempt));
    } else {
        add_assoc_null(array, "duration");
    }
    if (status != 0) {
        add_assoc_long(array, "status", status);
    } else {
        add_assoc_null(array, "status");
    }
    add_text(array, "code", wechatpay_attempt_code(attempt));
    add_text(array, "request_id", wechatpay_attempt_request_id(attempt));
}

void php_wechatpay_attempts(zval *list, const wechatpay_error *error)
{
    size_t count = wechatpay_error_attempts(error);

    array_init_size(list, (uint32_t) count);
    for (size_t at = 0; at < count; at++) {
        zval attempt;
        array_init_size(&attempt, 7);
        add_attempt(&attempt, wechatpay_error_attempt(error, at));
        add_next_index_zval(list, &attempt);
    }
}

static void on_attempt(void *context, const wechatpay_attempt *attempt)
{
    php_wechatpay_wait *wait = WECHATPAY_G(wait);
    HashTable *functions = wait ? php_wechatpay_functions_of(wait) : NULL;
    zval *function = functions ? zend_hash_str_find(functions, ZEND_STRL("on_attempt")) : NULL;
    zval argument;

    if (function == NULL) {
        return;
    }
    array_init_size(&argument, 10);
    add_text(&argument, "operation", wechatpay_attempt_operation(attempt));
    add_text(&argument, "mchid", wechatpay_attempt_mchid(attempt));
    add_assoc_double(&argument, "time", wechatpay_attempt_time(attempt));
    add_attempt(&argument, attempt);
    php_wechatpay_tell(wait, "on_attempt", function, 1, &argument);
}

wechatpay_error *php_wechatpay_watch(wechatpay_client **client, const zval *functions)
{
    wechatpay_client *plain = *client;

    if (Z_TYPE_P(functions) != IS_ARRAY || !zend_hash_str_exists(Z_ARRVAL_P(functions), ZEND_STRL("on_attempt"))) {
        return NULL;
    }
    wechatpay_error *error = wechatpay_client_with_on_attempt(plain, on_attempt, NULL, client);
    wechatpay_client_free(plain);
    return error;
}
