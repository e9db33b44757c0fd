/* Exceptions: one class per kind of error below one base, with a getter for everything that the core tells. */
#include "php_wechatpay.h"

#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"

static zend_class_entry *base_ce;
static zend_object_handlers handlers;

static struct {
    int32_t kind;
    /* Of the class above it; 0 is the base. */
    int32_t parent;
    const char *class_name;
    const char *kind_name;
    zend_class_entry *ce;
} kinds[] = {
    {WECHATPAY_ERROR_CONFIG, 0, "WechatPay\\Exception\\ConfigException", "config", NULL},
    {WECHATPAY_ERROR_INVALID_REQUEST, 0, "WechatPay\\Exception\\InvalidRequestException", "invalid_request", NULL},
    {WECHATPAY_ERROR_TRANSPORT, 0, "WechatPay\\Exception\\TransportException", "transport", NULL},
    {WECHATPAY_ERROR_TIMEOUT, WECHATPAY_ERROR_TRANSPORT, "WechatPay\\Exception\\TimeoutException", "timeout", NULL},
    {WECHATPAY_ERROR_API, 0, "WechatPay\\Exception\\ApiException", "api", NULL},
    {WECHATPAY_ERROR_SIGNATURE, 0, "WechatPay\\Exception\\SignatureException", "signature", NULL},
    {WECHATPAY_ERROR_DECRYPT, 0, "WechatPay\\Exception\\DecryptException", "decrypt", NULL},
    {WECHATPAY_ERROR_INTEGRITY, 0, "WechatPay\\Exception\\IntegrityException", "integrity", NULL},
    {WECHATPAY_ERROR_INTERNAL, 0, "WechatPay\\Exception\\InternalException", "internal", NULL},
};

static zend_class_entry *class_of(int32_t kind)
{
    for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
        if (kinds[at].kind == kind) {
            return kinds[at].ce;
        }
    }
    return base_ce;
}

/* ---------------------------------------------------------------- the classes */

#define GETTER(method, property) \
    static ZEND_NAMED_FUNCTION(method) \
    { \
        zval rv; \
        ZEND_PARSE_PARAMETERS_NONE(); \
        RETURN_COPY_DEREF(zend_read_property(base_ce, Z_OBJ_P(ZEND_THIS), ZEND_STRL(property), false, &rv)); \
    }

GETTER(get_kind, "kind")
GETTER(get_error_code, "errorCode")
GETTER(get_error_message, "errorMessage")
GETTER(get_retryability, "retryability")
GETTER(may_have_taken_effect, "mayHaveTakenEffect")
GETTER(get_operation, "operation")
GETTER(get_status, "status")
GETTER(get_field, "field")
GETTER(get_value, "value")
GETTER(get_issue, "issue")
GETTER(get_location, "location")
GETTER(get_detail, "detail")
GETTER(get_request_id, "requestId")
GETTER(is_verified, "verified")
GETTER(get_check_with, "checkWith")
GETTER(get_attempts, "attempts")

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_string, 0, 0, IS_STRING, 0)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_string_or_null, 0, 0, IS_STRING, 1)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_int_or_null, 0, 0, IS_LONG, 1)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_bool, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_array, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()
ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(returns_mixed, 0, 0, IS_MIXED, 0)
ZEND_END_ARG_INFO()

static const zend_function_entry methods[] = {
    ZEND_FENTRY(getKind, get_kind, returns_string, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getErrorCode, get_error_code, returns_string, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getErrorMessage, get_error_message, returns_string, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getRetryability, get_retryability, returns_string, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(mayHaveTakenEffect, may_have_taken_effect, returns_bool, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getOperation, get_operation, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getStatus, get_status, returns_int_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getField, get_field, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getValue, get_value, returns_mixed, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getIssue, get_issue, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getLocation, get_location, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getDetail, get_detail, returns_mixed, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getRequestId, get_request_id, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(isVerified, is_verified, returns_bool, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getCheckWith, get_check_with, returns_string_or_null, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(getAttempts, get_attempts, returns_array, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};

static zend_object *create(zend_class_entry *ce)
{
    zend_object *object = spl_ce_RuntimeException->create_object(ce);
    object->handlers = &handlers;
    return object;
}

/* What var_dump, print_r, var_export, serialize and casts see: not what may be an openid. */
static HashTable *shown(zend_object *object, zend_prop_purpose purpose)
{
    HashTable *all = zend_std_get_properties_for(object, purpose);
    HashTable *harmless = zend_array_dup(all);
    zend_release_properties(all);
    zend_hash_str_del(harmless, "\0*\0value", sizeof("\0*\0value") - 1);
    zend_hash_str_del(harmless, "\0*\0detail", sizeof("\0*\0detail") - 1);
    return harmless;
}

static void declare(const char *name, uint32_t type, zval *value)
{
    zend_string *property = zend_string_init_interned(name, strlen(name), 1);
    zend_declare_typed_property(
        base_ce, property, value, ZEND_ACC_PROTECTED, NULL, (zend_type) ZEND_TYPE_INIT_MASK(type));
    zend_string_release(property);
}

static void declare_text(const char *name, const char *text)
{
    zval value;
    ZVAL_INTERNED_STR(&value, zend_string_init_interned(text, strlen(text), 1));
    declare(name, MAY_BE_STRING, &value);
}

static void declare_null(const char *name, uint32_t type)
{
    zval value;
    ZVAL_NULL(&value);
    declare(name, type | MAY_BE_NULL, &value);
}

static void declare_false(const char *name)
{
    zval value;
    ZVAL_FALSE(&value);
    declare(name, MAY_BE_BOOL, &value);
}

static void declare_list(const char *name)
{
    zval value;
    ZVAL_EMPTY_ARRAY(&value);
    declare(name, MAY_BE_ARRAY, &value);
}

/* What a property is at first in objects of this class: also for those that tests of others make with `new`. */
static zval *default_of(zend_class_entry *ce, const char *name)
{
    zend_property_info *property = zend_hash_str_find_ptr(&ce->properties_info, name, strlen(name));
    return &ce->default_properties_table[OBJ_PROP_TO_NUM(property->offset)];
}

static void set_default_text(zend_class_entry *ce, const char *name, const char *text)
{
    ZVAL_INTERNED_STR(default_of(ce, name), zend_string_init_interned(text, strlen(text), 1));
}

void php_wechatpay_register_exceptions(void)
{
    zend_class_entry ce;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Exception\\WechatPayException", methods);
    base_ce = zend_register_internal_class_ex(&ce, spl_ce_RuntimeException);
    base_ce->create_object = create;
    declare_text("kind", "internal");
    declare_text("errorCode", "internal");
    declare_text("errorMessage", "");
    declare_text("retryability", "never");
    declare_false("mayHaveTakenEffect");
    declare_null("operation", MAY_BE_STRING);
    declare_null("status", MAY_BE_LONG);
    declare_null("field", MAY_BE_STRING);
    declare_null("value", MAY_BE_ANY);
    declare_null("issue", MAY_BE_STRING);
    declare_null("location", MAY_BE_STRING);
    declare_null("detail", MAY_BE_ANY);
    declare_null("requestId", MAY_BE_STRING);
    declare_false("verified");
    declare_null("checkWith", MAY_BE_STRING);
    declare_list("attempts");

    for (size_t at = 0; at < sizeof(kinds) / sizeof(kinds[0]); at++) {
        INIT_CLASS_ENTRY_EX(ce, kinds[at].class_name, strlen(kinds[at].class_name), NULL);
        /* A parent stands before its children. */
        kinds[at].ce = zend_register_internal_class_ex(&ce, class_of(kinds[at].parent));
        set_default_text(kinds[at].ce, "kind", kinds[at].kind_name);
        set_default_text(kinds[at].ce, "errorCode", kinds[at].kind_name);
        ZVAL_LONG(default_of(kinds[at].ce, "code"), kinds[at].kind);
    }

    memcpy(&handlers, zend_get_std_object_handlers(), sizeof(handlers));
    handlers.clone_obj = NULL;
    handlers.get_properties_for = shown;
}

/* ---------------------------------------------------------------- what is thrown */

static void set_text(zend_object *exception, const char *name, const char *text)
{
    if (text != NULL) {
        zend_update_property_string(base_ce, exception, name, strlen(name), text);
    }
}

static void set_json(zend_object *exception, const char *name, const char *json)
{
    zval value;
    if (json != NULL && php_wechatpay_decode(&value, json, strlen(json))) {
        zend_update_property(base_ce, exception, name, strlen(name), &value);
        zval_ptr_dtor(&value);
    }
}

/* The arguments of our own methods are keys and openids: they do not stay in the trace. */
static void forget_arguments(zend_object *exception)
{
    zval rv;
    zval *frame;
    zval *trace = zend_read_property(zend_ce_exception, exception, ZEND_STRL("trace"), true, &rv);
    if (Z_TYPE_P(trace) != IS_ARRAY) {
        return;
    }
    SEPARATE_ARRAY(trace);
    ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(trace), frame) {
        zval *class_name = Z_TYPE_P(frame) == IS_ARRAY
            ? zend_hash_find(Z_ARRVAL_P(frame), ZSTR_KNOWN(ZEND_STR_CLASS)) : NULL;
        if (class_name != NULL && strncmp(Z_STRVAL_P(class_name), "WechatPay\\", 10) == 0) {
            SEPARATE_ARRAY(frame);
            zend_hash_del(Z_ARRVAL_P(frame), ZSTR_KNOWN(ZEND_STR_ARGS));
        }
    } ZEND_HASH_FOREACH_END();
}

static zend_object *make(int32_t kind)
{
    zval exception;
    object_init_ex(&exception, class_of(kind));
    forget_arguments(Z_OBJ(exception));
    return Z_OBJ(exception);
}

static void throw(zend_object *exception)
{
    if (EG(exception) == NULL) {
        zval thrown;
        ZVAL_OBJ(&thrown, exception);
        zend_throw_exception_object(&thrown);
    } else if (zend_is_unwind_exit(EG(exception)) || zend_is_graceful_exit(EG(exception))) {
        /* A signal handler called exit(): nobody is there to catch anything. */
        OBJ_RELEASE(exception);
    } else {
        /* What a signal handler threw comes through, and says which call it ended. */
        zend_exception_set_previous(EG(exception), exception);
    }
}

void php_wechatpay_throw(wechatpay_error *error)
{
    zend_object *exception = make(wechatpay_error_kind(error));

    set_text(exception, "message", wechatpay_error_text(error));
    set_text(exception, "kind", wechatpay_error_kind_name(error));
    set_text(exception, "errorCode", wechatpay_error_code(error));
    set_text(exception, "errorMessage", wechatpay_error_message(error));
    set_text(exception, "retryability", wechatpay_error_retryability_name(error));
    zend_update_property_bool(base_ce, exception, ZEND_STRL("mayHaveTakenEffect"),
        wechatpay_error_may_have_taken_effect(error));
    set_text(exception, "operation", wechatpay_error_operation(error));
    if (wechatpay_error_status(error) != 0) {
        zend_update_property_long(base_ce, exception, ZEND_STRL("status"), wechatpay_error_status(error));
    }
    set_text(exception, "field", wechatpay_error_field(error));
    set_json(exception, "value", wechatpay_error_value(error));
    set_text(exception, "issue", wechatpay_error_issue(error));
    set_text(exception, "location", wechatpay_error_location(error));
    set_json(exception, "detail", wechatpay_error_detail(error));
    set_text(exception, "requestId", wechatpay_error_request_id(error));
    zend_update_property_bool(base_ce, exception, ZEND_STRL("verified"), wechatpay_error_verified(error));
    set_text(exception, "checkWith", wechatpay_error_check_with(error));
    zval attempts;
    php_wechatpay_attempts(&attempts, error);
    zend_update_property(base_ce, exception, ZEND_STRL("attempts"), &attempts);
    zval_ptr_dtor(&attempts);
    wechatpay_error_free(error);
    throw(exception);
}

/* Worded as the core words its own. */
static zend_object *local(int32_t kind, const char *code, const char *operation, zend_string *message)
{
    zend_object *exception = make(kind);
    zend_string *text = operation ? strpprintf(0, "%s: %s", operation, ZSTR_VAL(message)) : zend_string_copy(message);

    zend_update_property_str(base_ce, exception, ZEND_STRL("message"), text);
    zend_update_property_str(base_ce, exception, ZEND_STRL("errorMessage"), message);
    set_text(exception, "errorCode", code);
    set_text(exception, "operation", operation);
    zend_string_release(text);
    zend_string_release(message);
    return exception;
}

void php_wechatpay_throw_option(const char *option, const char *problem)
{
    zend_object *exception =
        local(WECHATPAY_ERROR_CONFIG, "bad_option", NULL, strpprintf(0, "%s %s", option, problem));
    set_text(exception, "field", option);
    set_text(exception, "issue", problem);
    throw(exception);
}

void php_wechatpay_throw_argument(const char *operation, const char *argument, const char *problem)
{
    zend_object *exception = local(WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", operation,
        strpprintf(0, "%s %s; nothing was sent", argument, problem));
    set_text(exception, "field", argument);
    set_text(exception, "issue", problem);
    throw(exception);
}

void php_wechatpay_throw_reply(const char *operation, const wechatpay_reply *reply, const char *problem)
{
    zend_object *exception = local(WECHATPAY_ERROR_INTEGRITY, "bad_json", operation,
        strpprintf(0, "the reply %s", problem));
    bool changes = strcasecmp(operation, "GET") != 0;
    set_text(exception, "retryability", changes ? "check_first" : "never");
    zend_update_property_bool(base_ce, exception, ZEND_STRL("mayHaveTakenEffect"), changes);
    zend_update_property_long(base_ce, exception, ZEND_STRL("status"), wechatpay_reply_status(reply));
    set_text(exception, "requestId", wechatpay_reply_request_id(reply));
    zend_update_property_bool(base_ce, exception, ZEND_STRL("verified"), true);
    throw(exception);
}
