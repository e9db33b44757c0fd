/* WechatPay\Seen: which notifications have been processed. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"

#include "seen_arginfo.h"

static zend_class_entry *seen_ce;
static zend_object_handlers seen_handlers;

typedef struct {
    /* Of WECHATPAY_G(seen), which outlives every object. */
    const wechatpay_seen *native;
    zend_object std;
} seen_object;

static seen_object *object_of(zend_object *object)
{
    return (seen_object *) ((char *) object - XtOffsetOf(seen_object, std));
}

static zend_object *create(zend_class_entry *ce)
{
    seen_object *made = zend_object_alloc(sizeof(*made), ce);
    made->native = NULL;
    zend_object_std_init(&made->std, ce);
    object_properties_init(&made->std, ce);
    made->std.handlers = &seen_handlers;
    return &made->std;
}

/* ---------------------------------------------------------------- how stores are made */

void php_wechatpay_forget_seen(zval *entry)
{
    wechatpay_seen_free(Z_PTR_P(entry));
}

/* A store is kept between the requests of a worker: so memory remembers, and connections stay open. `url` is NULL for
 * memory. */
static void return_seen(zval *return_value, zend_string *url, double seconds)
{
    wechatpay_seen *native = NULL;
    zend_string *key = strpprintf(0, "%.17g %s", seconds, url ? ZSTR_VAL(url) : "");
    zval *kept = zend_hash_find(&WECHATPAY_G(seen), key);

    if (kept == NULL) {
        wechatpay_error *error =
            url ? wechatpay_seen_redis(ZSTR_VAL(url), seconds, &native) : wechatpay_seen_memory(seconds, &native);
        if (error != NULL) {
            zend_string_release(key);
            php_wechatpay_throw(error);
            return;
        }
        zend_string *lasting = zend_string_init(ZSTR_VAL(key), ZSTR_LEN(key), 1);
        zend_hash_add_ptr(&WECHATPAY_G(seen), lasting, native);
        zend_string_release(lasting);
    } else {
        native = Z_PTR_P(kept);
    }
    zend_string_release(key);
    object_init_ex(return_value, seen_ce);
    object_of(Z_OBJ_P(return_value))->native = native;
}

/* false: an exception has been thrown. The library takes 0 and less for the default, which nobody asked for here. */
static bool check_seconds(double seconds)
{
    if (!(seconds > 0)) {
        php_wechatpay_throw_option("seconds", "must be a positive number of seconds, at most those of a year");
        return false;
    }
    return true;
}

static ZEND_NAMED_FUNCTION(memory)
{
    double seconds = WECHATPAY_SEEN_SECONDS;

    ZEND_PARSE_PARAMETERS_START(0, 1)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE(seconds)
    ZEND_PARSE_PARAMETERS_END();

    if (!check_seconds(seconds)) {
        RETURN_THROWS();
    }
    return_seen(return_value, NULL, seconds);
}

static ZEND_NAMED_FUNCTION(redis)
{
    zend_string *url;
    double seconds = WECHATPAY_SEEN_SECONDS;

    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(url)
        Z_PARAM_OPTIONAL
        Z_PARAM_DOUBLE(seconds)
    ZEND_PARSE_PARAMETERS_END();

    if (!php_wechatpay_is_plain(url)) {
        php_wechatpay_throw_option("url", "has a NUL byte");
        RETURN_THROWS();
    }
    if (!check_seconds(seconds)) {
        RETURN_THROWS();
    }
    return_seen(return_value, url, seconds);
}

/* ---------------------------------------------------------------- questions */

typedef wechatpay_error *(*question)(const wechatpay_seen *seen, const char *id, int32_t *claimed);

static wechatpay_error *ask_done(const wechatpay_seen *seen, const char *id, int32_t *claimed)
{
    return wechatpay_seen_done(seen, id);
}

static wechatpay_error *ask_release(const wechatpay_seen *seen, const char *id, int32_t *claimed)
{
    return wechatpay_seen_release(seen, id);
}

/* With the id as its only argument. Signals wait, two seconds at most. */
static bool ask(INTERNAL_FUNCTION_PARAMETERS, question send)
{
    zend_string *id;
    sigset_t before;
    int32_t claimed = 0;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(id)
    ZEND_PARSE_PARAMETERS_END_EX(return false);

    if (!php_wechatpay_is_plain(id)) {
        php_wechatpay_throw_argument(NULL, "id", "has a NUL byte");
        return false;
    }
    const wechatpay_seen *native = object_of(Z_OBJ_P(ZEND_THIS))->native;
    php_wechatpay_block_signals(&before);
    wechatpay_error *error = send(native, ZSTR_VAL(id), &claimed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != NULL) {
        php_wechatpay_throw(error);
        return false;
    }
    return claimed != 0;
}

static ZEND_NAMED_FUNCTION(claim)
{
    RETVAL_BOOL(ask(INTERNAL_FUNCTION_PARAM_PASSTHRU, wechatpay_seen_claim));
}

static ZEND_NAMED_FUNCTION(done)
{
    ask(INTERNAL_FUNCTION_PARAM_PASSTHRU, ask_done);
}

static ZEND_NAMED_FUNCTION(release)
{
    ask(INTERNAL_FUNCTION_PARAM_PASSTHRU, ask_release);
}

/* Only memory() and redis() make one. */
static ZEND_NAMED_FUNCTION(construct)
{
    ZEND_PARSE_PARAMETERS_NONE();
}

/* ---------------------------------------------------------------- the class */

static const zend_function_entry methods[] = {
    ZEND_FENTRY(__construct, construct, arginfo_seen_construct, ZEND_ACC_PRIVATE)
    ZEND_FENTRY(memory, memory, arginfo_seen_memory, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(redis, redis, arginfo_seen_redis, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(claim, claim, arginfo_seen_claim, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(done, done, arginfo_seen_tell, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(release, release, arginfo_seen_tell, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};

void php_wechatpay_register_seen(void)
{
    zend_class_entry ce;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Seen", methods);
    seen_ce = zend_register_internal_class_ex(&ce, NULL);
    seen_ce->create_object = create;
    seen_ce->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_mark_sensitive(seen_ce, "redis", 0);
    memcpy(&seen_handlers, zend_get_std_object_handlers(), sizeof(seen_handlers));
    seen_handlers.offset = XtOffsetOf(seen_object, std);
    seen_handlers.clone_obj = NULL;
}
