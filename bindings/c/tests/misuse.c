/* Every function with what it must refuse, and with what it must accept though it looks odd. */
#include <math.h>

#include "check.h"

#define NOT_UTF8 "\xff\xfe\x80"

static void version(void) {
    char parts[32];
    CHECK(strcmp(wechatpay_version(), WECHATPAY_VERSION) == 0);
    snprintf(parts, sizeof parts, "%d.%d.%d", WECHATPAY_VERSION_MAJOR, WECHATPAY_VERSION_MINOR, WECHATPAY_VERSION_PATCH);
    CHECK(strncmp(WECHATPAY_VERSION, parts, strlen(parts)) == 0);
}

static void null_handles(void) {
    CHECK(wechatpay_error_kind(NULL) == 0 && wechatpay_error_retryability(NULL) == 0);
    CHECK(wechatpay_error_status(NULL) == 0 && wechatpay_error_verified(NULL) == 0);
    CHECK(wechatpay_error_may_have_taken_effect(NULL) == 0);
    CHECK(wechatpay_error_kind_name(NULL) == NULL && wechatpay_error_code(NULL) == NULL);
    CHECK(wechatpay_error_message(NULL) == NULL && wechatpay_error_text(NULL) == NULL);
    CHECK(wechatpay_error_retryability_name(NULL) == NULL && wechatpay_error_operation(NULL) == NULL);
    CHECK(wechatpay_error_field(NULL) == NULL && wechatpay_error_value(NULL) == NULL);
    CHECK(wechatpay_error_issue(NULL) == NULL && wechatpay_error_location(NULL) == NULL);
    CHECK(wechatpay_error_detail(NULL) == NULL && wechatpay_error_request_id(NULL) == NULL);
    CHECK(wechatpay_reply_status(NULL) == 0 && wechatpay_reply_kind(NULL) == 0);
    CHECK(wechatpay_reply_body(NULL) == NULL && wechatpay_reply_body_length(NULL) == 0);
    CHECK(wechatpay_reply_request_id(NULL) == NULL && wechatpay_client_mchid(NULL) == NULL);
    wechatpay_error_free(NULL);
    wechatpay_reply_free(NULL);
    wechatpay_options_free(NULL);
    wechatpay_client_free(NULL);
}

static void options(void) {
    wechatpay_options *options = wechatpay_options_new();
    CHECK(options != NULL);
    FAILS(wechatpay_options_set(NULL, "mchid", "1"), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_options_add(NULL, "mchid", "1"), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_options_set_number(NULL, "timeout", 1), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_options_set(options, NULL, "1"), WECHATPAY_ERROR_CONFIG, "bad_option", "name");
    FAILS(wechatpay_options_set(options, NOT_UTF8, "1"), WECHATPAY_ERROR_CONFIG, "bad_option", "name");
    FAILS(wechatpay_options_set(options, "mchid", NULL), WECHATPAY_ERROR_CONFIG, "bad_option", "mchid");
    FAILS(wechatpay_options_set(options, "mchid", NOT_UTF8), WECHATPAY_ERROR_CONFIG, "bad_option", "mchid");
    FAILS(wechatpay_options_add(options, "mchid", NULL), WECHATPAY_ERROR_CONFIG, "bad_option", "mchid");
    FAILS(wechatpay_options_set_bool(NULL, "auto_certificates", 1), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_options_set_bool(options, NULL, 1), WECHATPAY_ERROR_CONFIG, "bad_option", "name");
    FAILS(wechatpay_options_set_number(options, "timeout", NAN), WECHATPAY_ERROR_CONFIG, "bad_option", "timeout");
    FAILS(wechatpay_options_set_number(options, "timeout", INFINITY), WECHATPAY_ERROR_CONFIG, "bad_option", "timeout");
    OK(wechatpay_options_set(options, "mchid", "1"));
    FAILS(wechatpay_options_add(options, "mchid", "2"), WECHATPAY_ERROR_CONFIG, "bad_option", "mchid");
    wechatpay_options_free(options);
}

/* What a client says of one wrong option. */
static wechatpay_error *client_with(const char *name, const char *text, double number) {
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_client *client = GARBAGE(wechatpay_client);
    if (text != NULL) OK(wechatpay_options_set(options, name, text));
    else OK(wechatpay_options_set_number(options, name, number));
    wechatpay_error *error = wechatpay_client_new(options, &client);
    CHECK(client == NULL);
    wechatpay_options_free(options);
    return error;
}

static void refused_clients(void) {
    wechatpay_client *client = GARBAGE(wechatpay_client);
    wechatpay_options *empty = wechatpay_options_new();
    FAILS(wechatpay_client_new(NULL, &client), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    CHECK(client == NULL);
    client = GARBAGE(wechatpay_client);
    FAILS(wechatpay_client_new(empty, &client), WECHATPAY_ERROR_CONFIG, "missing_option", "mchid");
    CHECK(client == NULL);
    FAILS(wechatpay_client_new(empty, NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    FAILS(wechatpay_client_from_env(NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    FAILS(client_with("mch_id", "1", 0), WECHATPAY_ERROR_CONFIG, "unknown_option", "mch_id");
    FAILS(client_with("", "1", 0), WECHATPAY_ERROR_CONFIG, "unknown_option", NULL);
    FAILS(client_with("mchid", NULL, 1), WECHATPAY_ERROR_CONFIG, "wrong_type", "mchid");
    FAILS(client_with("timeout", "1", 0), WECHATPAY_ERROR_CONFIG, "wrong_type", "timeout");
    FAILS(client_with("platform_certificates", "1", 0), WECHATPAY_ERROR_CONFIG, "wrong_type", "platform_certificates");
    wechatpay_options_free(empty);
}

/* Options are copied: the caller's memory may change or go at once. And they may be used again. */
static void copied_options(void) {
    static const char *const names[] = {"mchid", "serial_no", "merchant_private_key_path", "public_key_id",
                                        "platform_public_key_path", "base_url"};
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_client *first, *second;
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        char variable[64] = "WECHATPAY_";
        for (size_t c = 0; names[at][c] != '\0'; c++) {
            variable[10 + c] = (char)(names[at][c] == '_' ? '_' : names[at][c] - 'a' + 'A');
        }
        char *name = strdup(names[at]), *value = strdup(getenv(variable));
        OK(wechatpay_options_set(options, names[at], "replaced"));
        OK(wechatpay_options_set(options, name, value));
        memset(name, 'x', strlen(name));
        memset(value, 'x', strlen(value));
        free(name);
        free(value);
    }
    OK(wechatpay_client_new(options, &first));
    OK(wechatpay_options_set_number(options, "timeout", 7.5));
    OK(wechatpay_client_new(options, &second));
    wechatpay_options_free(options);
    CHECK(first != second && strcmp(wechatpay_client_mchid(first), getenv("WECHATPAY_MCHID")) == 0);
    call_once(first);
    wechatpay_client_free(first);
    call_once(second);
    wechatpay_client_free(second);
}

static void derived_clients(wechatpay_client *client) {
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_client *derived = GARBAGE(wechatpay_client);
    FAILS(wechatpay_client_for_merchant(NULL, options, &derived), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    CHECK(derived == NULL);
    FAILS(wechatpay_client_for_merchant(client, NULL, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "options");
    FAILS(wechatpay_client_for_merchant(client, options, NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "derived");
    FAILS(wechatpay_client_for_merchant(client, options, &derived), WECHATPAY_ERROR_CONFIG, "missing_option", "mchid");
    OK(wechatpay_options_set(options, "mchid", "1900000199"));
    OK(wechatpay_options_set(options, "serial_no", getenv("WECHATPAY_SERIAL_NO")));
    OK(wechatpay_options_set(options, "merchant_private_key_path", getenv("WECHATPAY_MERCHANT_PRIVATE_KEY_PATH")));
    OK(wechatpay_options_set(options, "public_key_id", getenv("WECHATPAY_PUBLIC_KEY_ID")));
    OK(wechatpay_options_set(options, "platform_public_key_path", getenv("WECHATPAY_PLATFORM_PUBLIC_KEY_PATH")));
    OK(wechatpay_client_for_merchant(client, options, &derived));
    CHECK(strcmp(wechatpay_client_mchid(derived), "1900000199") == 0);
    wechatpay_client_free(derived);
    OK(wechatpay_options_set(options, "base_url", getenv("WECHATPAY_BASE_URL")));
    derived = GARBAGE(wechatpay_client);
    wechatpay_error *error = wechatpay_client_for_merchant(client, options, &derived);
    CHECK(derived == NULL && wechatpay_error_kind(error) == WECHATPAY_ERROR_CONFIG);
    CHECK(strcmp(wechatpay_error_field(error), "base_url") == 0);
    wechatpay_error_free(error);
    wechatpay_options_free(options);

    derived = GARBAGE(wechatpay_client);
    FAILS(wechatpay_client_with_options(client, 0, "sometimes", &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "retry");
    CHECK(derived == NULL);
    FAILS(wechatpay_client_with_options(client, 0, NOT_UTF8, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "retry");
    FAILS(wechatpay_client_with_options(client, NAN, NULL, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "timeout");
    FAILS(wechatpay_client_with_options(client, 1e300, NULL, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "timeout");
    FAILS(wechatpay_client_with_options(NULL, 1, NULL, &derived), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    FAILS(wechatpay_client_with_options(client, 1, NULL, NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "derived");
    FAILS(wechatpay_client_encrypted_with(client, NULL, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "encrypted_with");
    CHECK(derived == NULL);
    FAILS(wechatpay_client_encrypted_with(client, "", &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "encrypted_with");
    FAILS(wechatpay_client_encrypted_with(client, NOT_UTF8, &derived), WECHATPAY_ERROR_CONFIG, "bad_option", "encrypted_with");
    FAILS(wechatpay_client_encrypted_with(NULL, "x", &derived), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    FAILS(wechatpay_client_encrypted_with(client, "x", NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "derived");
    FAILS(wechatpay_client_with_poll(NULL, NULL, NULL, &derived), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "client");
    FAILS(wechatpay_client_with_poll(client, NULL, NULL, NULL), WECHATPAY_ERROR_INVALID_REQUEST, "bad_argument", "derived");
    wechatpay_client *twice;
    OK(wechatpay_client_with_options(client, -1, NULL, &derived));
    OK(wechatpay_client_with_options(derived, 7, "idempotent", &twice));
    wechatpay_client_free(derived);
    call_once(twice);
    wechatpay_client_free(twice);
}

/* JSON of exactly this length, in memory that ends right after it: a byte more is an invalid read. */
static wechatpay_error *call_with(const wechatpay_client *client, const char *json, size_t length) {
    char *exact = malloc(length == 0 ? 1 : length);
    memcpy(exact, json, length);
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    wechatpay_error *error = wechatpay_call(client, OPERATION, exact, length, &reply);
    CHECK(error == NULL ? reply != NULL : reply == NULL);
    wechatpay_reply_free(reply);
    free(exact);
    return error;
}

static void calls(const wechatpay_client *client) {
    const int32_t refused = WECHATPAY_ERROR_INVALID_REQUEST;
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    FAILS(wechatpay_call(NULL, OPERATION, PARAMS, strlen(PARAMS), &reply), refused, "bad_argument", "client");
    CHECK(reply == NULL);
    FAILS(wechatpay_call(client, NULL, PARAMS, strlen(PARAMS), &reply), refused, "bad_argument", "operation");
    FAILS(wechatpay_call(client, NOT_UTF8, PARAMS, strlen(PARAMS), &reply), refused, "bad_argument", "operation");
    FAILS(wechatpay_call(client, "", PARAMS, strlen(PARAMS), &reply), refused, "unknown_operation", NULL);
    FAILS(wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), NULL), refused, "bad_argument", "reply");
    FAILS(wechatpay_call(client, OPERATION, NULL, 5, &reply), refused, "bad_argument", "json");
    FAILS(wechatpay_call(client, OPERATION, PARAMS, SIZE_MAX, &reply), refused, "bad_argument", "json");
    FAILS(wechatpay_call(client, OPERATION, NULL, 0, &reply), refused, "missing_field", "sub_mchid");
    FAILS(wechatpay_goldplan_merchants_change_custom_page_status(NULL, NULL, 0, &reply), refused, "bad_argument", "client");
    FAILS(wechatpay_goldplan_merchants_change_custom_page_status(client, NULL, 0, NULL), refused, "bad_argument", "reply");
    FAILS(call_with(client, "", 0), refused, "bad_argument", "params");
    FAILS(call_with(client, "{", 1), refused, "bad_argument", "params");
    FAILS(call_with(client, "[]", 2), refused, "bad_argument", "params");
    FAILS(call_with(client, "{}{}", 4), refused, "bad_argument", "params");
    FAILS(call_with(client, "{}\0", 3), refused, "bad_argument", "params");
    FAILS(call_with(client, "{\"sub_mchid\":\"\xff\"}", 17), refused, "bad_argument", "params");
    FAILS(call_with(client, "{}", 2), refused, "missing_field", "sub_mchid");
    OK(call_with(client, PARAMS, strlen(PARAMS)));

    OK(wechatpay_call(client, OPERATION, PARAMS, strlen(PARAMS), &reply));
    CHECK(wechatpay_reply_status(reply) == 200 && wechatpay_reply_kind(reply) == WECHATPAY_REPLY_JSON);
    CHECK(strlen(wechatpay_reply_body(reply)) == wechatpay_reply_body_length(reply));
    CHECK(wechatpay_reply_body(reply) == wechatpay_reply_body(reply));
    CHECK(strlen(wechatpay_reply_request_id(reply)) > 0);
    wechatpay_reply_free(reply);
    static const char sub_mchid[] = "{\"sub_mchid\":\"1900000109\"}";
    OK(wechatpay_goldplan_merchants_close_advertising_show(client, sub_mchid, strlen(sub_mchid), &reply));
    CHECK(wechatpay_reply_status(reply) == 204 && wechatpay_reply_kind(reply) == WECHATPAY_REPLY_EMPTY);
    CHECK(wechatpay_reply_body_length(reply) == 0 && strcmp(wechatpay_reply_body(reply), "") == 0);
    wechatpay_reply_free(reply);
}

static void requests(const wechatpay_client *client) {
    const int32_t refused = WECHATPAY_ERROR_INVALID_REQUEST;
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    FAILS(wechatpay_request(NULL, "GET", "/v3/x", NULL, 0, NULL, 0, &reply), refused, "bad_argument", "client");
    CHECK(reply == NULL);
    FAILS(wechatpay_request(client, NULL, "/v3/x", NULL, 0, NULL, 0, &reply), refused, "bad_argument", "method");
    FAILS(wechatpay_request(client, "BREW", "/v3/x", NULL, 0, NULL, 0, &reply), refused, "bad_argument", "method");
    FAILS(wechatpay_request(client, NOT_UTF8, "/v3/x", NULL, 0, NULL, 0, &reply), refused, "bad_argument", "method");
    FAILS(wechatpay_request(client, "GET", NULL, NULL, 0, NULL, 0, &reply), refused, "bad_argument", "path");
    FAILS(wechatpay_request(client, "GET", NOT_UTF8, NULL, 0, NULL, 0, &reply), refused, "bad_argument", "path");
    FAILS(wechatpay_request(client, "GET", "/v3/x", NULL, 1, NULL, 0, &reply), refused, "bad_argument", "query");
    FAILS(wechatpay_request(client, "GET", "/v3/x", "", 0, NULL, 0, &reply), refused, "bad_argument", "query");
    FAILS(wechatpay_request(client, "GET", "/v3/x", "[1]", 3, NULL, 0, &reply), refused, "bad_argument", "query");
    FAILS(wechatpay_request(client, "POST", "/v3/x", NULL, 0, NULL, 1, &reply), refused, "bad_argument", "body");
    FAILS(wechatpay_request(client, "POST", "/v3/x", NULL, 0, NOT_UTF8, 3, &reply), refused, "bad_argument", "body");
    FAILS(wechatpay_request(client, "GET", "/v3/x", NULL, 0, NULL, 0, NULL), refused, "bad_argument", "reply");
    static const char path[] = "/v3/goldplan/merchants/changecustompagestatus";
    OK(wechatpay_request(client, "post", path, NULL, 0, PARAMS, strlen(PARAMS), &reply));
    CHECK(wechatpay_reply_status(reply) == 200);
    wechatpay_reply_free(reply);
}

/* All that an error of the platform can tell. */
static void errors(const wechatpay_client *client) {
    static const char unknown[] = "{\"sub_mchid\":\"1900000999\",\"operation_type\":\"OPEN\"}";
    wechatpay_reply *reply;
    wechatpay_error *error =
        wechatpay_goldplan_merchants_change_custom_page_status(client, unknown, strlen(unknown), &reply);
    CHECK(reply == NULL && wechatpay_error_kind(error) == WECHATPAY_ERROR_API);
    CHECK(strcmp(wechatpay_error_kind_name(error), "api") == 0);
    CHECK(strcmp(wechatpay_error_code(error), "MCH_NOT_EXISTS") == 0);
    CHECK(wechatpay_error_status(error) >= 400 && wechatpay_error_verified(error) == 1);
    CHECK(wechatpay_error_retryability(error) == WECHATPAY_RETRY_NEVER);
    CHECK(strcmp(wechatpay_error_retryability_name(error), "never") == 0);
    CHECK(wechatpay_error_may_have_taken_effect(error) == 0);
    CHECK(strcmp(wechatpay_error_operation(error), OPERATION) == 0);
    CHECK(strstr(wechatpay_error_text(error), wechatpay_error_message(error)) != NULL);
    CHECK(strstr(wechatpay_error_text(error), wechatpay_error_request_id(error)) != NULL);
    wechatpay_error_free(error);

    static const char wrong[] = "{\"sub_mchid\":\"1900000109\",\"operation_type\":\"AJAR\"}";
    error = wechatpay_goldplan_merchants_change_custom_page_status(client, wrong, strlen(wrong), &reply);
    CHECK(strcmp(wechatpay_error_code(error), "PARAM_ERROR") == 0);
    CHECK(strstr(wechatpay_error_field(error), "operation_type") != NULL && wechatpay_error_issue(error) != NULL);
    CHECK(strcmp(wechatpay_error_value(error), "\"AJAR\"") == 0 && strcmp(wechatpay_error_location(error), "body") == 0);
    CHECK(wechatpay_error_detail(error)[0] == '{');
    wechatpay_error_free(error);
}

static void catalogue(void) {
    size_t count = wechatpay_option_count(), length = 0;
    CHECK(count > 10);
    for (size_t at = 0; at < count; at++) CHECK(strlen(wechatpay_option_name(at)) > 0);
    CHECK(wechatpay_option_name(count) == NULL && wechatpay_option_name(SIZE_MAX) == NULL);
    const char *operations = wechatpay_operations_json(&length);
    CHECK(strlen(operations) == length && strstr(operations, "\"" OPERATION "\"") != NULL);
    CHECK(wechatpay_operations_json(NULL) == operations);
}

int main(void) {
    version();
    null_handles();
    options();
    refused_clients();
    copied_options();
    catalogue();
    wechatpay_client *client = sandbox_client();
    derived_clients(client);
    calls(client);
    requests(client);
    errors(client);
    wechatpay_client_free(client);
    return done("misuse");
}
