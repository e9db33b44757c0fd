/* One call: out, waited for with signals let in, and back. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"

#if PHP_VERSION_ID >= 80200
#define RAISED(flag) zend_atomic_bool_load_ex(&EG(flag))
#define LOWER(flag) zend_atomic_bool_store_ex(&EG(flag), false)
#else
#define RAISED(flag) (EG(flag))
#define LOWER(flag) (EG(flag) = 0)
#endif

struct php_wechatpay_wait {
    php_wechatpay_wait *outer;
    /* The callables of the client. */
    HashTable *functions;
    /* What they threw: it becomes the previous exception of ours. */
    zend_object *thrown;
    sigset_t before;
    /* A signal handler, or a callable of the client, ended the request with a fatal error. The jump is made up for behind the library's frames. */
    bool bailed_out;
};

/* PHP's signal handlers are for PHP's thread: a thread of the library, begun to look up a name or to download certificates,
 * inherits a mask that lets no signal through. This thread takes what came in every 50 ms, in php_wechatpay_keep_going. */
void php_wechatpay_block_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    /* A processor's own must be dealt with where they arise. */
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGTRAP);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

void php_wechatpay_let_signals_in(const php_wechatpay_wait *wait)
{
    /* What is pending is handled within this call. */
    pthread_sigmask(SIG_SETMASK, &wait->before, NULL);
}

void php_wechatpay_keep_signals_out(php_wechatpay_wait *wait, bool bailed_out)
{
    wait->bailed_out |= bailed_out;
    WECHATPAY_G(wait) = wait;
    php_wechatpay_block_signals(&wait->before);
}

void php_wechatpay_keep_thrown(php_wechatpay_wait *wait)
{
    if (wait->thrown != NULL) {
        OBJ_RELEASE(wait->thrown);
    }
    wait->thrown = EG(exception);
    GC_ADDREF(wait->thrown);
    zend_clear_exception();
}

/* Whether it is the merchant's key that failed. */
static bool is_of_key(const wechatpay_error *error)
{
    const char *code = wechatpay_error_code(error);
    return strncmp(code, "signer_", strlen("signer_")) == 0 || strncmp(code, "decrypter_", strlen("decrypter_")) == 0;
}

/* Makes what the merchant's key threw the reason of what is thrown now, if it is. */
static void add_thrown(zend_object *thrown, bool of_key)
{
    if (thrown == NULL) {
        return;
    }
    if (!of_key || EG(exception) == NULL || zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))) {
        OBJ_RELEASE(thrown);
    } else {
        zend_exception_set_previous(EG(exception), thrown);
    }
}

HashTable *php_wechatpay_functions_of(const php_wechatpay_wait *wait)
{
    return wait->functions;
}

bool php_wechatpay_goes_on(const php_wechatpay_wait *wait)
{
    return !wait->bailed_out && EG(exception) == NULL;
}

int php_wechatpay_keep_going(void *context)
{
    php_wechatpay_wait *wait = WECHATPAY_G(wait);
    if (wait == NULL) {
        return 1;
    }
    bool bailed_out = false;
    php_wechatpay_let_signals_in(wait);
    if (RAISED(vm_interrupt) && !RAISED(timed_out) && zend_interrupt_function) {
        LOWER(vm_interrupt);
        zend_try {
            zend_interrupt_function(EG(current_execute_data));
        } zend_catch {
            bailed_out = true;
        } zend_end_try();
    }
    php_wechatpay_keep_signals_out(wait, bailed_out);
    return php_wechatpay_goes_on(wait) && !RAISED(timed_out);
}

wechatpay_reply *php_wechatpay_run(php_wechatpay_handle *handle, php_wechatpay_send send, const void *arguments)
{
    wechatpay_reply *reply = NULL;
    php_wechatpay_wait wait = {.outer = WECHATPAY_G(wait), .functions = handle->functions, .thrown = NULL, .bailed_out = false};

    php_wechatpay_handle_share(handle);
    WECHATPAY_G(wait) = &wait;
    php_wechatpay_block_signals(&wait.before);
    wechatpay_error *error = send(handle->client, arguments, &reply);
    pthread_sigmask(SIG_SETMASK, &wait.before, NULL);
    WECHATPAY_G(wait) = wait.outer;
    php_wechatpay_handle_release(handle);

    if (wait.bailed_out) {
        wechatpay_error_free(error);
        wechatpay_reply_free(reply);
        zend_bailout();
    }
    if (error != NULL) {
        bool of_key = is_of_key(error);
        php_wechatpay_throw(error);
        add_thrown(wait.thrown, of_key);
    } else {
        add_thrown(wait.thrown, false);
    }
    if (EG(exception)) {
        /* Also by a handler at the very moment when the reply came: it must not get lost. */
        wechatpay_reply_free(reply);
        return NULL;
    }
    return reply;
}

typedef struct {
    const char *name;
    zend_string *json;
} named_call;

static wechatpay_error *send_operation(const wechatpay_client *client, const void *arguments, wechatpay_reply **reply)
{
    const named_call *call = arguments;
    return wechatpay_call(client, call->name, ZSTR_VAL(call->json), ZSTR_LEN(call->json), reply);
}

static wechatpay_error *send_utility(const wechatpay_client *client, const void *arguments, wechatpay_reply **reply)
{
    const named_call *call = arguments;
    return wechatpay_utility(client, call->name, ZSTR_VAL(call->json), ZSTR_LEN(call->json), reply);
}

/* Makes the call with this JSON, which it frees. */
static void call_by_name(
    php_wechatpay_handle *handle, php_wechatpay_send send, const char *name, smart_str *json, zval *return_value)
{
    named_call call = {name, json->s};
    wechatpay_reply *reply = php_wechatpay_run(handle, send, &call);
    smart_str_free(json);
    if (reply != NULL) {
        /* At its memory limit PHP jumps out of here; the reply is the library's memory, which no request gives back. */
        zend_try {
            php_wechatpay_decode_reply(return_value, reply, name);
        } zend_catch {
            wechatpay_reply_free(reply);
            zend_bailout();
        } zend_end_try();
        wechatpay_reply_free(reply);
    }
}

void php_wechatpay_call(php_wechatpay_handle *handle, const char *operation, zval *params, zval *return_value)
{
    smart_str json = {0};
    zval record;
    zval spooled;

    if (php_wechatpay_read_files(&record, &spooled, params, operation)
        && php_wechatpay_encode(&json, &record, "params", operation)) {
        call_by_name(handle, send_operation, operation, &json, return_value);
    }
    smart_str_free(&json);
    zval_ptr_dtor(&record);
    zval_ptr_dtor(&spooled);
}

void php_wechatpay_operation_params(zval *params, zend_string *operation, zval *record)
{
    array_init(params);
    add_assoc_str(params, "operation", zend_string_copy(operation));
    /* An empty array would be an empty list there. */
    if (record != NULL && zend_hash_num_elements(Z_ARRVAL_P(record)) > 0) {
        Z_TRY_ADDREF_P(record);
        add_assoc_zval(params, "params", record);
    }
}

void php_wechatpay_utility(php_wechatpay_handle *handle, const char *name, zval *params, zval *return_value)
{
    smart_str json = {0};

    if (php_wechatpay_encode(&json, params, "params", name)) {
        call_by_name(handle, send_utility, name, &json, return_value);
    }
    smart_str_free(&json);
}

void php_wechatpay_operation(INTERNAL_FUNCTION_PARAMETERS, const char *operation)
{
    zval *params = NULL;
    zval none;

    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY(params)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *handle = php_wechatpay_object_of(Z_OBJ_P(ZEND_THIS))->handle;
    if (handle == NULL) {
        zend_throw_error(NULL, "%s belongs to no client", ZSTR_VAL(Z_OBJCE_P(ZEND_THIS)->name));
        RETURN_THROWS();
    }
    ZVAL_EMPTY_ARRAY(&none);
    php_wechatpay_call(handle, operation, params ? params : &none, return_value);
}
