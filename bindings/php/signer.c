/* The callables of a client: 'sign' and 'decrypt' for a merchant's key that lies elsewhere, 'on_attempt' for what watches the
 * attempts; and what is told how far a download is. Those of a client belong to the PHP objects that use it, where PHP's
 * collector of cycles sees them; the library only turns to the call that is under way. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"
#include "zend_fibers.h"

/* What went wrong, as the library tells it in its error. */
static void fail(wechatpay_answer *answer, zend_object *thrown)
{
    zval rv;
    smart_str text = {0};
    zval *message = zend_read_property_ex(
        zend_get_exception_base(thrown), thrown, ZSTR_KNOWN(ZEND_STR_MESSAGE), /* silent */ true, &rv);

    smart_str_append(&text, thrown->ce->name);
    if (Z_TYPE_P(message) == IS_STRING && Z_STRLEN_P(message) > 0) {
        smart_str_appends(&text, ": ");
        smart_str_append(&text, Z_STR_P(message));
    }
    smart_str_0(&text);
    wechatpay_answer_fail(answer, ZSTR_VAL(text.s));
    smart_str_free(&text);
}

static void take(wechatpay_answer *answer, const char *task, zval *given)
{
    char problem[128];

    ZVAL_DEREF(given);
    if (Z_TYPE_P(given) == IS_STRING) {
        wechatpay_answer_give(answer, Z_STRVAL_P(given), Z_STRLEN_P(given));
        return;
    }
    /* The value itself is never shown: it may be a plaintext. */
    snprintf(problem, sizeof(problem), "%s must give a string, not %s", task, zend_zval_type_name(given));
    wechatpay_answer_fail(answer, problem);
}

/* What watches must not end the call: what it threw becomes a warning. Only what ends the request stays. */
static void warn(const char *name)
{
    zend_object *thrown = EG(exception);
    zval rv;

    if (thrown == NULL || zend_is_unwind_exit(thrown) || zend_is_graceful_exit(thrown)) {
        return;
    }
    GC_ADDREF(thrown);
    zend_clear_exception();
    zval *message = zend_read_property_ex(
        zend_get_exception_base(thrown), thrown, ZSTR_KNOWN(ZEND_STR_MESSAGE), /* silent */ true, &rv);
    php_error_docref(NULL, E_WARNING, "%s threw %s: %s", name, ZSTR_VAL(thrown->ce->name),
        Z_TYPE_P(message) == IS_STRING ? Z_STRVAL_P(message) : "");
    OBJ_RELEASE(thrown);
    /* An error handler may make an exception of the warning. */
    if (EG(exception) != NULL && !zend_is_unwind_exit(EG(exception)) && !zend_is_graceful_exit(EG(exception))) {
        zend_clear_exception();
    }
}

/* Runs one of them on behalf of a call that is under way; `watches` is its name where it only watches. false: PHP ended the
 * request, and all zvals are gone with it. */
static bool call_function(
    php_wechatpay_wait *wait, zval *function, uint32_t count, zval *arguments, zval *given, const char *watches)
{
    /* Kept over the jump. */
    volatile bool bailed_out = false;

    ZVAL_UNDEF(given);
    php_wechatpay_let_signals_in(wait);
    /* What stands on this thread's stack must go in the order in which it came. */
    zend_fiber_switch_block();
    zend_try {
        call_user_function(NULL, NULL, function, given, count, arguments);
        if (watches != NULL) {
            warn(watches);
        }
    } zend_catch {
        bailed_out = true;
    } zend_end_try();
    zend_fiber_switch_unblock();
    php_wechatpay_keep_signals_out(wait, bailed_out);
    return !bailed_out;
}

void php_wechatpay_tell(php_wechatpay_wait *wait, const char *name, zval *function, uint32_t count, zval *arguments)
{
    zval given;

    ZVAL_UNDEF(&given);
    if (!php_wechatpay_goes_on(wait) || call_function(wait, function, count, arguments, &given, name)) {
        zval_ptr_dtor(&given);
        for (uint32_t at = 0; at < count; at++) {
            zval_ptr_dtor(&arguments[at]);
        }
    }
}

static void ask(const char *task, const char *input, size_t length, wechatpay_answer *answer)
{
    php_wechatpay_wait *wait = WECHATPAY_G(wait);
    HashTable *functions = wait ? php_wechatpay_functions_of(wait) : NULL;
    zval *function = functions ? zend_hash_str_find(functions, task, strlen(task)) : NULL;
    zval argument;
    zval given;

    if (function == NULL) {
        return;
    }
    ZVAL_STRINGL(&argument, input, length);
    if (!call_function(wait, function, 1, &argument, &given, NULL)) {
        wechatpay_answer_fail(answer, "PHP ended the request");
        return;
    }
    if (EG(exception) == NULL) {
        take(answer, task, &given);
    } else if (!zend_is_unwind_exit(EG(exception)) && !zend_is_graceful_exit(EG(exception))) {
        fail(answer, EG(exception));
        php_wechatpay_keep_thrown(wait);
    }
    zval_ptr_dtor(&given);
    zval_ptr_dtor(&argument);
}

static void sign(void *context, const char *input, size_t length, wechatpay_answer *answer)
{
    ask("sign", input, length, answer);
}

static void decrypt(void *context, const char *input, size_t length, wechatpay_answer *answer)
{
    ask("decrypt", input, length, answer);
}

bool php_wechatpay_is_function(const zend_string *name)
{
    return zend_string_equals_literal(name, "sign") || zend_string_equals_literal(name, "decrypt")
        || zend_string_equals_literal(name, "on_attempt");
}

bool php_wechatpay_add_function(zval *functions, zend_string *name, zval *function)
{
    ZVAL_DEREF(function);
    if (Z_TYPE_P(function) == IS_NULL) {
        return true;
    }
    if (!zend_is_callable(function, 0, NULL)) {
        bool watches = zend_string_equals_literal(name, "on_attempt");
        php_wechatpay_throw_option(ZSTR_VAL(name),
            watches ? "must be callable: fn (array $attempt): void" : "must be callable: fn (string $input): string");
        return false;
    }
    if (Z_TYPE_P(functions) != IS_ARRAY) {
        array_init_size(functions, 3);
    }
    Z_TRY_ADDREF_P(function);
    zend_hash_update(Z_ARRVAL_P(functions), name, function);
    return true;
}

wechatpay_error *php_wechatpay_set_signer(wechatpay_options *options, const zval *functions)
{
    if (Z_TYPE_P(functions) != IS_ARRAY) {
        return NULL;
    }
    bool signs = zend_hash_str_exists(Z_ARRVAL_P(functions), ZEND_STRL("sign"));
    bool decrypts = zend_hash_str_exists(Z_ARRVAL_P(functions), ZEND_STRL("decrypt"));
    if (!signs && !decrypts) {
        return NULL;
    }
    return wechatpay_options_set_signer(options, signs ? sign : NULL, decrypts ? decrypt : NULL, NULL, NULL);
}
