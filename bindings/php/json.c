/* PHP values to JSON and back, by PHP's own encoder and decoder. */
#include "php_wechatpay.h"

#include "ext/json/php_json.h"
#include "ext/standard/html.h"
#include "zend_exceptions.h"

/* The library reads 128 levels; no document of WeChat Pay has ten. */
#define MAX_DEPTH 100
#define ENCODE (PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_PRESERVE_ZERO_FRACTION)
#define DECODE (PHP_JSON_OBJECT_AS_ARRAY | PHP_JSON_BIGINT_AS_STRING)

static const char too_deep[] = "is nested too deeply, or within itself";

static bool is_utf8(const zend_string *text)
{
    size_t at = 0;
    zend_result status = SUCCESS;
    while (at < ZSTR_LEN(text) && status == SUCCESS) {
        php_next_utf8_char((const unsigned char *) ZSTR_VAL(text), ZSTR_LEN(text), &at, &status);
    }
    return status == SUCCESS;
}

/* What of a value can be no JSON, and where: `path` is extended to it. NULL: nothing that can be seen from here. The
 * value itself is never shown: it may be a name or an openid. */
static const char *find_problem(zval *value, smart_str *path, int depth)
{
    ZVAL_DEREF(value);
    if (depth > MAX_DEPTH) {
        return too_deep;
    }
    switch (Z_TYPE_P(value)) {
        case IS_STRING:
            return is_utf8(Z_STR_P(value)) ? NULL : "must be UTF-8; files are ['filename' => ..., 'content' => ...]";
        case IS_DOUBLE:
            return zend_finite(Z_DVAL_P(value)) ? NULL : "must be a finite number";
        case IS_RESOURCE:
            return "must be text, a number, a boolean or an array, not a resource";
        case IS_OBJECT:
            return "must be text, a number, a boolean or an array, not an object that JSON does not know";
        case IS_ARRAY:
            break;
        default:
            return NULL;
    }
    zend_ulong index;
    zend_string *name;
    zval *item;
    ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(value), index, name, item) {
        size_t before = path->s ? ZSTR_LEN(path->s) : 0;
        if (name != NULL && !is_utf8(name)) {
            return "must have names in UTF-8";
        }
        if (before > 0) {
            smart_str_appendc(path, '.');
        }
        if (name != NULL) {
            smart_str_append(path, name);
        } else {
            smart_str_append_unsigned(path, index);
        }
        const char *problem = find_problem(item, path, depth + 1);
        if (problem != NULL) {
            return problem;
        }
        ZSTR_LEN(path->s) = before;
    } ZEND_HASH_FOREACH_END();
    return NULL;
}

static void blame(zval *value, const char *name, const char *operation)
{
    smart_str path = {0};
    const char *problem = find_problem(value, &path, 0);
    smart_str_0(&path);
    if (problem == too_deep && path.s != NULL) {
        /* A hundred steps would tell nobody anything: the parameter does. */
        ZSTR_VAL(path.s)[strcspn(ZSTR_VAL(path.s), ".")] = '\0';
    }
    bool known = problem != NULL && path.s != NULL && ZSTR_VAL(path.s)[0] != '\0';
    php_wechatpay_throw_argument(operation, known ? ZSTR_VAL(path.s) : name, problem ? problem : "cannot be JSON");
    smart_str_free(&path);
}

bool php_wechatpay_encode(smart_str *json, zval *value, const char *name, const char *operation)
{
    volatile bool encoded = false;

    if (Z_TYPE_P(value) == IS_ARRAY && zend_hash_num_elements(Z_ARRVAL_P(value)) == 0) {
        smart_str_appendl(json, "{}", 2);
        smart_str_0(json);
        return true;
    }
    /* Amounts are written with as many digits as they have, whatever the ini file wishes for other numbers. */
    zend_long precision = PG(serialize_precision);
    /* And json_last_error() stays what the caller knows. */
    php_json_error_code last = JSON_G(error_code);
    PG(serialize_precision) = -1;
    zend_try {
        encoded = php_json_encode_ex(json, value, ENCODE, MAX_DEPTH) == SUCCESS
            && JSON_G(error_code) == PHP_JSON_ERROR_NONE;
    } zend_catch {
        PG(serialize_precision) = precision;
        zend_bailout();
    } zend_end_try();
    PG(serialize_precision) = precision;
    JSON_G(error_code) = last;
    smart_str_0(json);
    if (EG(exception)) {
        return false;
    }
    if (!encoded) {
        blame(value, name, operation);
        return false;
    }
    return true;
}

bool php_wechatpay_decode(zval *value, const char *json, size_t length)
{
    return php_json_decode_ex(value, json, length, DECODE, PHP_JSON_PARSER_DEFAULT_DEPTH) == SUCCESS;
}

bool php_wechatpay_decode_reply(zval *value, const wechatpay_reply *reply, const char *operation)
{
    const char *body = wechatpay_reply_body(reply);
    size_t length = wechatpay_reply_body_length(reply);

    switch (wechatpay_reply_kind(reply)) {
        case WECHATPAY_REPLY_JSON:
            if (php_wechatpay_decode(value, body, length)) {
                return true;
            }
            ZVAL_NULL(value);
            php_wechatpay_throw_reply(operation, reply, "is JSON that PHP cannot read");
            return false;
        case WECHATPAY_REPLY_FILE:
            ZVAL_STRINGL(value, body, length);
            return true;
        default:
            ZVAL_NULL(value);
            return true;
    }
}
