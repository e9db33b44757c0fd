/* WechatPay\Notifications and what it gives: Notification and Answer. Nothing here waits: there is no network in it. */
#include "php_wechatpay.h"

#include <pthread.h>

#include "ext/json/php_json.h"
#include "zend_exceptions.h"

#include "notifications_arginfo.h"

zend_class_entry *php_wechatpay_notifications_ce;
static zend_class_entry *notification_ce;
static zend_class_entry *answer_ce;

static zend_object_handlers receiver_handlers;
static zend_object_handlers notification_handlers;

/* ---------------------------------------------------------------- receivers */

typedef struct {
    /* NULL until the constructor has run. */
    wechatpay_notifications *native;
    zend_object std;
} receiver;

static receiver *receiver_of(zend_object *object)
{
    return (receiver *) ((char *) object - XtOffsetOf(receiver, std));
}

static zend_object *create(zend_class_entry *ce)
{
    receiver *made = zend_object_alloc(sizeof(*made), ce);
    made->native = NULL;
    zend_object_std_init(&made->std, ce);
    object_properties_init(&made->std, ce);
    made->std.handlers = &receiver_handlers;
    return &made->std;
}

static void destroy(zend_object *object)
{
    wechatpay_notifications_free(receiver_of(object)->native);
    zend_object_std_dtor(object);
}

/* Takes over the receiver. */
static void init(zval *value, wechatpay_notifications *native)
{
    object_init_ex(value, php_wechatpay_notifications_ce);
    receiver_of(Z_OBJ_P(value))->native = native;
}

wechatpay_error *php_wechatpay_init_notifications(zval *value, const wechatpay_client *client)
{
    wechatpay_notifications *native = NULL;
    wechatpay_error *error = wechatpay_client_notifications(client, &native);
    if (error == NULL) {
        init(value, native);
    }
    return error;
}

static ZEND_NAMED_FUNCTION(construct)
{
    HashTable *options;
    wechatpay_notifications **native = &receiver_of(Z_OBJ_P(ZEND_THIS))->native;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(options)
    ZEND_PARSE_PARAMETERS_END();

    if (*native != NULL) {
        zend_throw_error(NULL, "WechatPay\\Notifications is constructed already");
        RETURN_THROWS();
    }
    wechatpay_options *collected = php_wechatpay_options(options, NULL);
    if (collected == NULL) {
        RETURN_THROWS();
    }
    wechatpay_error *error = wechatpay_notifications_new(collected, native);
    wechatpay_options_free(collected);
    if (error != NULL) {
        php_wechatpay_throw(error);
    }
}

static ZEND_NAMED_FUNCTION(from_env)
{
    wechatpay_notifications *native = NULL;

    ZEND_PARSE_PARAMETERS_NONE();
    wechatpay_error *error = wechatpay_notifications_from_env(&native);
    if (error != NULL) {
        php_wechatpay_throw(error);
        RETURN_THROWS();
    }
    init(return_value, native);
}

/* ---------------------------------------------------------------- what is read */

static void set(zend_class_entry *ce, zend_object *object, HashTable *record, const char *name)
{
    zval null;
    zval *value = zend_hash_str_find(record, name, strlen(name));
    ZVAL_NULL(&null);
    zend_update_property(ce, object, name, strlen(name), value ? value : &null);
}

/* Makes an object with these properties from the JSON of a reply, which is freed. */
static void return_record(zval *return_value, wechatpay_reply *reply, zend_class_entry *ce, const char *const *names)
{
    zval record;
    bool decoded = php_wechatpay_decode(&record, wechatpay_reply_body(reply), wechatpay_reply_body_length(reply));
    wechatpay_reply_free(reply);
    if (!decoded) {
        zend_throw_error(NULL, "libwechatpay gives no JSON");
        return;
    }
    object_init_ex(return_value, ce);
    for (; *names != NULL; names++) {
        set(ce, Z_OBJ_P(return_value), Z_ARRVAL(record), *names);
    }
    zval_ptr_dtor(&record);
}

/* $_SERVER holds what is no text, and other people's headers are no UTF-8: none of that may stand in the way. */
static void encode_headers(smart_str *json, zval *headers)
{
    /* json_last_error() stays what the caller knows. */
    php_json_error_code last = JSON_G(error_code);
    if (zend_hash_num_elements(Z_ARRVAL_P(headers)) == 0) {
        smart_str_appendl(json, "{}", 2);
    } else {
        php_json_encode_ex(json, headers, PHP_JSON_INVALID_UTF8_SUBSTITUTE | PHP_JSON_PARTIAL_OUTPUT_ON_ERROR,
            PHP_JSON_PARSER_DEFAULT_DEPTH);
    }
    JSON_G(error_code) = last;
    smart_str_0(json);
}

static ZEND_NAMED_FUNCTION(parse)
{
    static const char *const names[] = {
        "id", "create_time", "event_type", "resource_type", "summary", "original_type", "resource", NULL,
    };
    zval *headers;
    zval *body;
    smart_str json = {0};
    sigset_t before;
    wechatpay_reply *reply = NULL;

    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_ARRAY(headers)
        Z_PARAM_ZVAL(body)
    ZEND_PARSE_PARAMETERS_END();

    if (Z_TYPE_P(body) != IS_STRING) {
        php_wechatpay_throw_argument(NULL, "body",
            "must be the raw bytes of the request as a string (file_get_contents('php://input')): what was parsed and "
            "written again has another signature");
        RETURN_THROWS();
    }
    encode_headers(&json, headers);
    if (EG(exception)) {
        smart_str_free(&json);
        RETURN_THROWS();
    }
    /* An unknown certificate is fetched on a thread of the library, which inherits the mask: see call.c. */
    php_wechatpay_block_signals(&before);
    wechatpay_error *error = wechatpay_notifications_parse(receiver_of(Z_OBJ_P(ZEND_THIS))->native, ZSTR_VAL(json.s),
        ZSTR_LEN(json.s), Z_STRVAL_P(body), Z_STRLEN_P(body), &reply);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    smart_str_free(&json);
    if (error != NULL) {
        php_wechatpay_throw(error);
        RETURN_THROWS();
    }
    return_record(return_value, reply, notification_ce, names);
}

static zend_object *create_notification(zend_class_entry *ce)
{
    zend_object *object = zend_objects_new(ce);
    object_properties_init(object, ce);
    object->handlers = &notification_handlers;
    return object;
}

/* What var_dump, print_r, var_export, json_encode and casts see: not the resource, which may hold openids. */
static HashTable *shown(zend_object *object, zend_prop_purpose purpose)
{
    HashTable *all = zend_std_get_properties_for(object, purpose);
    HashTable *harmless = zend_array_dup(all);
    zend_release_properties(all);
    zend_hash_str_del(harmless, ZEND_STRL("resource"));
    return harmless;
}

/* ---------------------------------------------------------------- answers */

static void return_answer(zval *return_value, wechatpay_error *error, wechatpay_reply *reply)
{
    static const char *const names[] = {"status", "headers", "body", NULL};
    if (error != NULL) {
        php_wechatpay_throw(error);
        return;
    }
    return_record(return_value, reply, answer_ce, names);
}

static ZEND_NAMED_FUNCTION(ack)
{
    wechatpay_reply *reply = NULL;

    ZEND_PARSE_PARAMETERS_NONE();
    wechatpay_error *error = wechatpay_notifications_ack(&reply);
    return_answer(return_value, error, reply);
}

static ZEND_NAMED_FUNCTION(failure)
{
    zend_string *message;
    wechatpay_reply *reply = NULL;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(message)
    ZEND_PARSE_PARAMETERS_END();

    if (!php_wechatpay_is_plain(message)) {
        php_wechatpay_throw_argument(NULL, "message", "has a NUL byte");
        RETURN_THROWS();
    }
    wechatpay_error *error = wechatpay_notifications_failure(ZSTR_VAL(message), &reply);
    return_answer(return_value, error, reply);
}

/* ---------------------------------------------------------------- the classes */

static const zend_function_entry receiver_methods[] = {
    ZEND_FENTRY(__construct, construct, arginfo_receiver, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(fromEnv, from_env, arginfo_receiver_from_env, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(parse, parse, arginfo_parse, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(ack, ack, arginfo_ack, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(failure, failure, arginfo_failure, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FE_END
};

static const zend_function_entry notification_methods[] = {
    ZEND_FENTRY(ack, ack, arginfo_ack, ZEND_ACC_PUBLIC)
    ZEND_FE_END
};

void php_wechatpay_register_notifications(void)
{
    zend_class_entry ce;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Notifications", receiver_methods);
    php_wechatpay_notifications_ce = zend_register_internal_class_ex(&ce, NULL);
    php_wechatpay_notifications_ce->create_object = create;
    php_wechatpay_notifications_ce->ce_flags |=
        ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_mark_sensitive(php_wechatpay_notifications_ce, "__construct", 0);
    memcpy(&receiver_handlers, zend_get_std_object_handlers(), sizeof(receiver_handlers));
    receiver_handlers.offset = XtOffsetOf(receiver, std);
    receiver_handlers.free_obj = destroy;
    receiver_handlers.clone_obj = NULL;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Notification", notification_methods);
    notification_ce = zend_register_internal_class_ex(&ce, NULL);
    notification_ce->create_object = create_notification;
    notification_ce->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_declare(notification_ce, "id", MAY_BE_STRING);
    php_wechatpay_declare(notification_ce, "create_time", MAY_BE_STRING);
    php_wechatpay_declare(notification_ce, "event_type", MAY_BE_STRING);
    php_wechatpay_declare(notification_ce, "resource_type", MAY_BE_STRING | MAY_BE_NULL);
    php_wechatpay_declare(notification_ce, "summary", MAY_BE_STRING | MAY_BE_NULL);
    php_wechatpay_declare(notification_ce, "original_type", MAY_BE_STRING | MAY_BE_NULL);
    php_wechatpay_declare(notification_ce, "resource", MAY_BE_ANY);
    memcpy(&notification_handlers, zend_get_std_object_handlers(), sizeof(notification_handlers));
    notification_handlers.get_properties_for = shown;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Answer", NULL);
    answer_ce = zend_register_internal_class_ex(&ce, NULL);
    answer_ce->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_declare(answer_ce, "status", MAY_BE_LONG);
    php_wechatpay_declare(answer_ce, "headers", MAY_BE_ARRAY);
    php_wechatpay_declare(answer_ce, "body", MAY_BE_STRING);
}
