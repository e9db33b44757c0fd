/* WechatPay\Client and WechatPay\Reply. */
#include "php_wechatpay.h"

#include "zend_exceptions.h"

#include "client_arginfo.h"

zend_class_entry *php_wechatpay_client_ce;
zend_class_entry *php_wechatpay_reply_ce;

/* ---------------------------------------------------------------- how clients are made */

/* Gives the object its native client: the error's exception, or the client with signals let in, and watched by the callable
 * that is for that. */
static php_wechatpay_handle *handle_of(wechatpay_error *error, wechatpay_client *client, const zval *functions)
{
    wechatpay_client *polled = NULL;
    if (error == NULL) {
        error = wechatpay_client_with_poll(client, php_wechatpay_keep_going, NULL, &polled);
        wechatpay_client_free(client);
    }
    if (error == NULL) {
        error = php_wechatpay_watch(&polled, functions);
    }
    if (error != NULL) {
        php_wechatpay_throw(error);
        return NULL;
    }
    return php_wechatpay_handle_new(polled);
}

/* `functions` is as of php_wechatpay_options: the caller frees it. */
static php_wechatpay_handle *handle_of_options(HashTable *options, zval *functions)
{
    wechatpay_client *client = NULL;
    wechatpay_options *collected = php_wechatpay_options(options, functions);
    if (collected == NULL) {
        return NULL;
    }
    wechatpay_error *error = wechatpay_client_new(collected, &client);
    wechatpay_options_free(collected);
    return handle_of(error, client, functions);
}

/* Takes over the handle. */
static void give_handle(zend_object *object, php_wechatpay_handle *handle, zval *functions)
{
    php_wechatpay_handle_give(object, handle, functions);
    zend_update_property_string(
        php_wechatpay_client_ce, object, ZEND_STRL("mchid"), wechatpay_client_mchid(handle->client));
}

static void return_client(zval *return_value, php_wechatpay_handle *handle, zval *functions)
{
    if (handle != NULL) {
        object_init_ex(return_value, php_wechatpay_client_ce);
        give_handle(Z_OBJ_P(return_value), handle, functions);
    }
}

php_wechatpay_handle *php_wechatpay_own_handle(zval *client)
{
    php_wechatpay_handle *handle = php_wechatpay_object_of(Z_OBJ_P(client))->handle;
    if (handle == NULL) {
        zend_throw_error(NULL, "WechatPay\\Client was not constructed");
    }
    return handle;
}

static ZEND_NAMED_FUNCTION(construct)
{
    HashTable *options;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(options)
    ZEND_PARSE_PARAMETERS_END();

    if (php_wechatpay_object_of(Z_OBJ_P(ZEND_THIS))->handle != NULL) {
        zend_throw_error(NULL, "WechatPay\\Client is constructed already");
        RETURN_THROWS();
    }
    zval functions;
    php_wechatpay_handle *handle = handle_of_options(options, &functions);
    if (handle != NULL) {
        give_handle(Z_OBJ_P(ZEND_THIS), handle, &functions);
    }
    zval_ptr_dtor(&functions);
}

static ZEND_NAMED_FUNCTION(from_env)
{
    wechatpay_client *client = NULL;
    zval none;

    ZEND_PARSE_PARAMETERS_NONE();
    wechatpay_error *error = wechatpay_client_from_env(&client);
    ZVAL_UNDEF(&none);
    return_client(return_value, handle_of(error, client, &none), &none);
}

typedef struct {
    unsigned char digest[PHP_WECHATPAY_DIGEST_SIZE];
    php_wechatpay_handle *handle;
} persistent;

void php_wechatpay_forget_persistent(zval *entry)
{
    persistent *kept = Z_PTR_P(entry);
    php_wechatpay_handle_release(kept->handle);
    pefree(kept, 1);
}

static ZEND_NAMED_FUNCTION(persistent_client)
{
    zend_string *key;
    HashTable *options;
    persistent asked;

    ZEND_PARSE_PARAMETERS_START(2, 2)
        Z_PARAM_STR(key)
        Z_PARAM_ARRAY_HT(options)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_options_digest(options, asked.digest);
    persistent *kept = zend_hash_find_ptr(&WECHATPAY_G(persistent), key);
    zval functions;
    ZVAL_UNDEF(&functions);
    if (kept == NULL) {
        asked.handle = handle_of_options(options, &functions);
        if (asked.handle != NULL && Z_TYPE(functions) == IS_ARRAY) {
            php_wechatpay_handle_release(asked.handle);
            asked.handle = NULL;
            zend_string *name = NULL;
            ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL(functions), name) {
                break;
            } ZEND_HASH_FOREACH_END();
            php_wechatpay_throw_option(
                ZSTR_VAL(name), "is a callable, which does not outlive its request: use new Client");
        }
        zval_ptr_dtor(&functions);
        ZVAL_UNDEF(&functions);
        if (asked.handle == NULL) {
            RETURN_THROWS();
        }
        zend_string *lasting = zend_string_init(ZSTR_VAL(key), ZSTR_LEN(key), 1);
        kept = zend_hash_add_mem(&WECHATPAY_G(persistent), lasting, &asked, sizeof(asked));
        zend_string_release(lasting);
    } else if (memcmp(kept->digest, asked.digest, sizeof(asked.digest)) != 0) {
        php_wechatpay_throw_option("key", "is in use with other options; give each set of options a key of its own");
        RETURN_THROWS();
    }
    return_client(return_value, php_wechatpay_handle_share(kept->handle), &functions);
}

/* What watches a client's attempts watches those of clients for other merchants, too. false: an exception has been thrown. */
static bool inherit_watcher(zval *functions, zval *client)
{
    zval *own = &php_wechatpay_object_of(Z_OBJ_P(client))->functions;
    zval *watcher = Z_TYPE_P(own) == IS_ARRAY ? zend_hash_str_find(Z_ARRVAL_P(own), ZEND_STRL("on_attempt")) : NULL;

    if (Z_TYPE_P(functions) == IS_ARRAY && zend_hash_str_exists(Z_ARRVAL_P(functions), ZEND_STRL("on_attempt"))) {
        php_wechatpay_throw_option("on_attempt", "is the first client's, for all merchants");
        return false;
    }
    if (watcher != NULL) {
        zend_string *name = zend_string_init(ZEND_STRL("on_attempt"), 0);
        php_wechatpay_add_function(functions, name, watcher);
        zend_string_release(name);
    }
    return true;
}

static ZEND_NAMED_FUNCTION(for_merchant)
{
    HashTable *options;
    wechatpay_client *client = NULL;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(options)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    zval functions;
    ZVAL_UNDEF(&functions);
    wechatpay_options *collected = own ? php_wechatpay_options(options, &functions) : NULL;
    if (collected != NULL && inherit_watcher(&functions, ZEND_THIS)) {
        wechatpay_error *error = wechatpay_client_for_merchant(own->client, collected, &client);
        return_client(return_value, handle_of(error, client, &functions), &functions);
    }
    wechatpay_options_free(collected);
    zval_ptr_dtor(&functions);
}

typedef struct {
    double timeout;
    const char *retry;
    const char *encrypted_with;
    /* Undefined, or an array of the one callable. */
    zval watcher;
} call_options;

/* false: an exception has been thrown. */
static bool read_call_options(HashTable *options, call_options *read)
{
    zend_string *name;
    zval *value;

    ZEND_HASH_FOREACH_STR_KEY_VAL(options, name, value) {
        ZVAL_DEREF(value);
        if (name != NULL && zend_string_equals_literal(name, "timeout")) {
            read->timeout = Z_TYPE_P(value) == IS_LONG || Z_TYPE_P(value) == IS_DOUBLE ? zval_get_double(value) : 0;
            if (Z_TYPE_P(value) != IS_NULL && !(read->timeout > 0)) {
                php_wechatpay_throw_option("timeout", "must be a positive number of seconds");
                return false;
            }
        } else if (name != NULL && zend_string_equals_literal(name, "retry")) {
            if (Z_TYPE_P(value) == IS_STRING) {
                read->retry = Z_STRVAL_P(value);
            } else if (Z_TYPE_P(value) != IS_NULL) {
                php_wechatpay_throw_option("retry", "must be off, safe or idempotent");
                return false;
            }
        } else if (name != NULL && zend_string_equals_literal(name, "encrypted_with")) {
            if (Z_TYPE_P(value) == IS_STRING && php_wechatpay_is_plain(Z_STR_P(value))) {
                read->encrypted_with = Z_STRVAL_P(value);
            } else if (Z_TYPE_P(value) != IS_NULL) {
                php_wechatpay_throw_option("encrypted_with", "must be the serial of a key of the platform");
                return false;
            }
        } else if (name != NULL && zend_string_equals_literal(name, "on_attempt")) {
            if (!php_wechatpay_add_function(&read->watcher, name, value)) {
                return false;
            }
        } else {
            bool plain = name != NULL && php_wechatpay_is_plain(name);
            php_wechatpay_throw_option(
                plain ? ZSTR_VAL(name) : "options", 
                "is not an option of a call: timeout, retry, encrypted_with and on_attempt are");
            return false;
        }
    } ZEND_HASH_FOREACH_END();
    return true;
}

/* The callables of the client, with what watches it in place of what did before. */
static void derived_functions(zval *derived, zval *client, const zval *watcher)
{
    ZVAL_COPY(derived, &php_wechatpay_object_of(Z_OBJ_P(client))->functions);
    if (Z_TYPE_P(watcher) != IS_ARRAY) {
        return;
    }
    if (Z_TYPE_P(derived) != IS_ARRAY) {
        array_init(derived);
    }
    SEPARATE_ARRAY(derived);
    zend_hash_copy(Z_ARRVAL_P(derived), Z_ARRVAL_P(watcher), zval_add_ref);
}

static ZEND_NAMED_FUNCTION(with_options)
{
    HashTable *options;
    call_options read = {0};
    wechatpay_client *client = NULL;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_ARRAY_HT(options)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own != NULL && read_call_options(options, &read)) {
        wechatpay_error *error = wechatpay_client_with_options(own->client, read.timeout, read.retry, &client);
        if (error == NULL && read.encrypted_with != NULL) {
            wechatpay_client *plain = client;
            error = wechatpay_client_encrypted_with(plain, read.encrypted_with, &client);
            wechatpay_client_free(plain);
        }
        zval functions;
        derived_functions(&functions, ZEND_THIS, &read.watcher);
        return_client(return_value, handle_of(error, client, &functions), &functions);
        zval_ptr_dtor(&functions);
    }
    zval_ptr_dtor(&read.watcher);
}

/* ---------------------------------------------------------------- calls */

static ZEND_NAMED_FUNCTION(call)
{
    zend_string *operation;
    zval *params = NULL;
    zval none;

    ZEND_PARSE_PARAMETERS_START(1, 2)
        Z_PARAM_STR(operation)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY(params)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        RETURN_THROWS();
    }
    if (!php_wechatpay_is_plain(operation)) {
        php_wechatpay_throw_argument(NULL, "operation", "has a NUL byte");
        RETURN_THROWS();
    }
    ZVAL_EMPTY_ARRAY(&none);
    php_wechatpay_call(own, ZSTR_VAL(operation), params ? params : &none, return_value);
}

typedef struct {
    const char *method;
    const char *path;
    smart_str query;
    smart_str body;
} raw_request;

static wechatpay_error *send_request(const wechatpay_client *client, const void *arguments, wechatpay_reply **reply)
{
    const raw_request *raw = arguments;
    const zend_string *query = raw->query.s;
    const zend_string *body = raw->body.s;
    return wechatpay_request(client, raw->method, raw->path, query ? ZSTR_VAL(query) : NULL,
        query ? ZSTR_LEN(query) : 0, body ? ZSTR_VAL(body) : NULL, body ? ZSTR_LEN(body) : 0, reply);
}

static void return_reply(zval *return_value, const wechatpay_reply *reply, const char *method)
{
    zval body;
    const char *request_id = wechatpay_reply_request_id(reply);

    if (!php_wechatpay_decode_reply(&body, reply, method)) {
        return;
    }
    object_init_ex(return_value, php_wechatpay_reply_ce);
    zend_object *object = Z_OBJ_P(return_value);
    zend_update_property_long(php_wechatpay_reply_ce, object, ZEND_STRL("status"), wechatpay_reply_status(reply));
    if (request_id != NULL) {
        zend_update_property_string(php_wechatpay_reply_ce, object, ZEND_STRL("requestId"), request_id);
    } else {
        zend_update_property_null(php_wechatpay_reply_ce, object, ZEND_STRL("requestId"));
    }
    zend_update_property(php_wechatpay_reply_ce, object, ZEND_STRL("body"), &body);
    zval_ptr_dtor(&body);
}

static ZEND_NAMED_FUNCTION(request)
{
    zend_string *method;
    zend_string *path;
    zval *query = NULL;
    zval *body = NULL;

    ZEND_PARSE_PARAMETERS_START(2, 4)
        Z_PARAM_STR(method)
        Z_PARAM_STR(path)
        Z_PARAM_OPTIONAL
        Z_PARAM_ARRAY_OR_NULL(query)
        Z_PARAM_ZVAL(body)
    ZEND_PARSE_PARAMETERS_END();

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        RETURN_THROWS();
    }
    if (!php_wechatpay_is_plain(method) || !php_wechatpay_is_plain(path)) {
        php_wechatpay_throw_argument(NULL, php_wechatpay_is_plain(method) ? "path" : "method", "has a NUL byte");
        RETURN_THROWS();
    }
    raw_request raw = {ZSTR_VAL(method), ZSTR_VAL(path), {0}, {0}};
    bool encoded = query == NULL || php_wechatpay_encode(&raw.query, query, "query", ZSTR_VAL(method));
    if (encoded && body != NULL && Z_TYPE_P(body) != IS_NULL) {
        encoded = php_wechatpay_encode(&raw.body, body, "body", ZSTR_VAL(method));
    }
    wechatpay_reply *reply = encoded ? php_wechatpay_run(own, send_request, &raw) : NULL;
    smart_str_free(&raw.query);
    smart_str_free(&raw.body);
    if (reply != NULL) {
        zend_try { /* as in php_wechatpay_call */
            return_reply(return_value, reply, ZSTR_VAL(method));
        } zend_catch {
            wechatpay_reply_free(reply);
            zend_bailout();
        } zend_end_try();
        wechatpay_reply_free(reply);
    }
}

/* ---------------------------------------------------------------- utilities */

/* With a text as its only parameter; false: an exception has been thrown. */
static bool utility_of_text(INTERNAL_FUNCTION_PARAMETERS, const char *name, const char *parameter)
{
    zend_string *text;
    zval params;

    ZEND_PARSE_PARAMETERS_START(1, 1)
        Z_PARAM_STR(text)
    ZEND_PARSE_PARAMETERS_END_EX(return false);

    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        return false;
    }
    array_init_size(&params, 1);
    add_assoc_str(&params, parameter, zend_string_copy(text));
    php_wechatpay_utility(own, name, &params, return_value);
    zval_ptr_dtor(&params);
    return EG(exception) == NULL;
}

static ZEND_NAMED_FUNCTION(encrypt)
{
    utility_of_text(INTERNAL_FUNCTION_PARAM_PASSTHRU, "encrypt", "plaintext");
}

static ZEND_NAMED_FUNCTION(decrypt)
{
    if (utility_of_text(INTERNAL_FUNCTION_PARAM_PASSTHRU, "decrypt", "ciphertext")) {
        zval record;
        ZVAL_COPY_VALUE(&record, return_value);
        ZVAL_COPY(return_value, zend_hash_str_find(Z_ARRVAL(record), ZEND_STRL("plaintext")));
        zval_ptr_dtor(&record);
    }
}

/* Without parameters. */
static void utility_of_nothing(INTERNAL_FUNCTION_PARAMETERS, const char *name)
{
    zval none;

    ZEND_PARSE_PARAMETERS_NONE();
    php_wechatpay_handle *own = php_wechatpay_own_handle(ZEND_THIS);
    if (own == NULL) {
        RETURN_THROWS();
    }
    ZVAL_EMPTY_ARRAY(&none);
    php_wechatpay_utility(own, name, &none, return_value);
}

static ZEND_NAMED_FUNCTION(platform_keys)
{
    utility_of_nothing(INTERNAL_FUNCTION_PARAM_PASSTHRU, "platform_keys.list");
}

static ZEND_NAMED_FUNCTION(refresh_platform_keys)
{
    utility_of_nothing(INTERNAL_FUNCTION_PARAM_PASSTHRU, "platform_keys.refresh");
}

/* ---------------------------------------------------------------- reflection */

static ZEND_NAMED_FUNCTION(operations)
{
    size_t length;

    ZEND_PARSE_PARAMETERS_NONE();
    const char *json = wechatpay_operations_json(&length);
    if (!php_wechatpay_decode(return_value, json, length)) {
        zend_throw_error(NULL, "libwechatpay gives no table of operations");
    }
}

static ZEND_NAMED_FUNCTION(option_names)
{
    ZEND_PARSE_PARAMETERS_NONE();
    size_t count = wechatpay_option_count();
    array_init_size(return_value, count);
    for (size_t at = 0; at < count; at++) {
        add_next_index_string(return_value, wechatpay_option_name(at));
    }
    add_next_index_string(return_value, "sign");
    add_next_index_string(return_value, "decrypt");
    add_next_index_string(return_value, "on_attempt");
}

/* ---------------------------------------------------------------- the classes */

static const zend_function_entry methods[] = {
    ZEND_FENTRY(__construct, construct, arginfo_construct, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(fromEnv, from_env, arginfo_from_env, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(persistent, persistent_client, arginfo_persistent, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(forMerchant, for_merchant, arginfo_derive, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(withOptions, with_options, arginfo_derive, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(call, call, arginfo_call, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(request, request, arginfo_request, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(download, php_wechatpay_download, arginfo_download, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(downloadUrl, php_wechatpay_download_url, arginfo_download_url, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(iterate, php_wechatpay_iterate, arginfo_iterate, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(encrypt, encrypt, arginfo_encrypt, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(decrypt, decrypt, arginfo_decrypt, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(platformKeys, platform_keys, arginfo_list, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(refreshPlatformKeys, refresh_platform_keys, arginfo_list, ZEND_ACC_PUBLIC)
    ZEND_FENTRY(operations, operations, arginfo_list, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FENTRY(optionNames, option_names, arginfo_list, ZEND_ACC_PUBLIC | ZEND_ACC_STATIC)
    ZEND_FE_END
};

void php_wechatpay_declare(zend_class_entry *ce, const char *name, uint32_t type)
{
    zval undefined;
    zend_string *property = zend_string_init_interned(name, strlen(name), 1);
    ZVAL_UNDEF(&undefined);
    zend_declare_typed_property(ce, property, &undefined, ZEND_ACC_PUBLIC | ZEND_ACC_READONLY, NULL,
        (zend_type) ZEND_TYPE_INIT_MASK(type));
    zend_string_release(property);
}

void php_wechatpay_register_client(void)
{
    zend_class_entry ce;

    INIT_CLASS_ENTRY(ce, "WechatPay\\Client", methods);
    php_wechatpay_client_ce = zend_register_internal_class_ex(&ce, php_wechatpay_operations_ce);
    php_wechatpay_client_ce->ce_flags |=
        ZEND_ACC_FINAL | ZEND_ACC_NOT_SERIALIZABLE | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_declare(php_wechatpay_client_ce, "mchid", MAY_BE_STRING);
    php_wechatpay_declare_object(php_wechatpay_client_ce, "notifications", "WechatPay\\Notifications");
    php_wechatpay_declare_object(php_wechatpay_client_ce, "invocation", "WechatPay\\Invocation");
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "__construct", 0);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "persistent", 1);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "forMerchant", 0);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "call", 1);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "request", 2);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "request", 3);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "download", 1);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "downloadUrl", 0);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "iterate", 1);
    php_wechatpay_mark_sensitive(php_wechatpay_client_ce, "encrypt", 0);

    INIT_CLASS_ENTRY(ce, "WechatPay\\Reply", NULL);
    php_wechatpay_reply_ce = zend_register_internal_class_ex(&ce, NULL);
    php_wechatpay_reply_ce->ce_flags |= ZEND_ACC_FINAL | ZEND_ACC_NO_DYNAMIC_PROPERTIES;
    php_wechatpay_declare(php_wechatpay_reply_ce, "status", MAY_BE_LONG);
    php_wechatpay_declare(php_wechatpay_reply_ce, "requestId", MAY_BE_STRING | MAY_BE_NULL);
    php_wechatpay_declare(php_wechatpay_reply_ce, "body", MAY_BE_ARRAY | MAY_BE_STRING | MAY_BE_NULL);
}
