/* Options of a client: their names and types are checked by the library, the same for every language. */
#include "php_wechatpay.h"

#include "ext/hash/php_hash.h"

bool php_wechatpay_is_plain(const zend_string *text)
{
    return strlen(ZSTR_VAL(text)) == ZSTR_LEN(text);
}

/* false: an exception has been thrown. */
static bool add_list(wechatpay_options *options, const char *name, HashTable *list)
{
    zval *item;
    ZEND_HASH_FOREACH_VAL(list, item) {
        ZVAL_DEREF(item);
        if (Z_TYPE_P(item) != IS_STRING || !php_wechatpay_is_plain(Z_STR_P(item))) {
            php_wechatpay_throw_option(name, "must be a list of strings, none with a NUL byte");
            return false;
        }
        wechatpay_error *error = wechatpay_options_add(options, name, Z_STRVAL_P(item));
        if (error != NULL) {
            php_wechatpay_throw(error);
            return false;
        }
    } ZEND_HASH_FOREACH_END();
    return true;
}

static bool add(wechatpay_options *options, const char *name, zval *value)
{
    wechatpay_error *error = NULL;

    ZVAL_DEREF(value);
    switch (Z_TYPE_P(value)) {
        case IS_NULL:
            return true;
        case IS_STRING:
            if (!php_wechatpay_is_plain(Z_STR_P(value))) {
                php_wechatpay_throw_option(name, "has a NUL byte");
                return false;
            }
            error = wechatpay_options_set(options, name, Z_STRVAL_P(value));
            break;
        case IS_LONG:
            error = wechatpay_options_set_number(options, name, (double) Z_LVAL_P(value));
            break;
        case IS_DOUBLE:
            error = wechatpay_options_set_number(options, name, Z_DVAL_P(value));
            break;
        case IS_TRUE:
        case IS_FALSE:
            error = wechatpay_options_set_bool(options, name, Z_TYPE_P(value) == IS_TRUE);
            break;
        case IS_ARRAY:
            return add_list(options, name, Z_ARRVAL_P(value));
        default:
            php_wechatpay_throw_option(name, "must be a string, a number, true or false, or a list of strings");
            return false;
    }
    if (error != NULL) {
        php_wechatpay_throw(error);
        return false;
    }
    return true;
}

/* false: an exception has been thrown. */
static bool collect(wechatpay_options *collected, HashTable *options, zval *functions)
{
    zend_string *name;
    zval *value;

    ZEND_HASH_FOREACH_STR_KEY_VAL(options, name, value) {
        bool added = false;
        if (name == NULL || !php_wechatpay_is_plain(name)) {
            php_wechatpay_throw_option("options", "must be an array with the names of options as keys");
        } else if (functions != NULL && php_wechatpay_is_function(name)) {
            added = php_wechatpay_add_function(functions, name, value);
        } else {
            added = add(collected, ZSTR_VAL(name), value);
        }
        if (!added) {
            return false;
        }
    } ZEND_HASH_FOREACH_END();
    wechatpay_error *error = functions ? php_wechatpay_set_signer(collected, functions) : NULL;
    if (error != NULL) {
        php_wechatpay_throw(error);
    }
    return error == NULL;
}

wechatpay_options *php_wechatpay_options(HashTable *options, zval *functions)
{
    wechatpay_options *collected = wechatpay_options_new();
    if (functions != NULL) {
        ZVAL_UNDEF(functions);
    }
    if (!collect(collected, options, functions)) {
        wechatpay_options_free(collected);
        return NULL;
    }
    return collected;
}

static int by_name(Bucket *one, Bucket *other)
{
    if (one->key == NULL || other->key == NULL) {
        return (one->key != NULL) - (other->key != NULL);
    }
    return zend_binary_strcmp(ZSTR_VAL(one->key), ZSTR_LEN(one->key), ZSTR_VAL(other->key), ZSTR_LEN(other->key));
}

/* Each piece with its kind and length, so that no two sets of options are fed alike. */
static void feed(const php_hash_ops *sha256, void *context, zval *value)
{
    char head[64];
    zval *item;

    ZVAL_DEREF(value);
    switch (Z_TYPE_P(value)) {
        case IS_STRING:
            snprintf(head, sizeof(head), "s%zu:", Z_STRLEN_P(value));
            break;
        case IS_LONG:
            snprintf(head, sizeof(head), "i" ZEND_LONG_FMT ";", Z_LVAL_P(value));
            break;
        case IS_DOUBLE:
            snprintf(head, sizeof(head), "d%.17g;", Z_DVAL_P(value));
            break;
        case IS_ARRAY:
            snprintf(head, sizeof(head), "a%u:", zend_hash_num_elements(Z_ARRVAL_P(value)));
            break;
        default:
            snprintf(head, sizeof(head), "t%d;", Z_TYPE_P(value));
    }
    sha256->hash_update(context, (const unsigned char *) head, strlen(head));
    if (Z_TYPE_P(value) == IS_STRING) {
        sha256->hash_update(context, (const unsigned char *) Z_STRVAL_P(value), Z_STRLEN_P(value));
    } else if (Z_TYPE_P(value) == IS_ARRAY) {
        ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(value), item) {
            feed(sha256, context, item);
        } ZEND_HASH_FOREACH_END();
    }
}

void php_wechatpay_options_digest(HashTable *options, unsigned char digest[PHP_WECHATPAY_DIGEST_SIZE])
{
    zend_string *algorithm = zend_string_init(ZEND_STRL("sha256"), 0);
    const php_hash_ops *sha256 = php_hash_fetch_ops(algorithm);
    zend_string_release(algorithm);
    ZEND_ASSERT(sha256 != NULL && sha256->digest_size == PHP_WECHATPAY_DIGEST_SIZE);

    HashTable *sorted = zend_array_dup(options);
    zend_hash_sort(sorted, by_name, false);
    void *context = php_hash_alloc_context(sha256);
    sha256->hash_init(context, NULL);
    zend_string *name;
    zval *value;
    ZEND_HASH_FOREACH_STR_KEY_VAL(sorted, name, value) {
        zval key;
        ZVAL_STR(&key, name ? name : ZSTR_EMPTY_ALLOC());
        feed(sha256, context, &key);
        feed(sha256, context, value);
    } ZEND_HASH_FOREACH_END();
    sha256->hash_final(digest, context);
    efree(context);
    zend_array_destroy(sorted);
}
