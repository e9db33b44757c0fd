/* Receivers: how they are made, what they read, what they must refuse, and the answers. */
#include <pthread.h>

#include "notification.h"

#define NOT_UTF8 "\xff\xfe\x80"
#define THREADS 8

static void set(wechatpay_options *options, const char *name, const char *variable) {
    OK(wechatpay_options_set(options, name, getenv(variable)));
}

/* No mchid, no serial_no, no private key. */
static wechatpay_options *only_what_is_needed(void) {
    wechatpay_options *options = wechatpay_options_new();
    set(options, "public_key_id", "WECHATPAY_PUBLIC_KEY_ID");
    set(options, "platform_public_key_path", "WECHATPAY_PLATFORM_PUBLIC_KEY_PATH");
    set(options, "apiv3_key", "WECHATPAY_APIV3_KEY");
    return options;
}

static void made(void) {
    wechatpay_notifications *first, *second;
    wechatpay_options *options = only_what_is_needed();
    OK(wechatpay_notifications_new(options, &first));
    OK(wechatpay_notifications_new(options, &second));
    wechatpay_options_free(options);
    parse_once(first);
    wechatpay_notifications_free(first);
    parse_once(second);
    wechatpay_notifications_free(second);

    OK(wechatpay_notifications_from_env(&first));
    parse_once(first);
    wechatpay_notifications_free(first);

    wechatpay_client *client = sandbox_client();
    OK(wechatpay_client_notifications(client, &first));
    wechatpay_client_free(client);
    parse_once(first);
    parse_once(first);
    wechatpay_notifications_free(first);
    wechatpay_notifications_free(NULL);
}

static wechatpay_error *receiver_with(const char *name, const char *value) {
    wechatpay_options *options = only_what_is_needed();
    wechatpay_notifications *notifications = GARBAGE(wechatpay_notifications);
    OK(wechatpay_options_set(options, name, value));
    wechatpay_error *error = wechatpay_notifications_new(options, &notifications);
    CHECK(notifications == NULL);
    wechatpay_options_free(options);
    return error;
}

static void refused_receivers(void) {
    const int32_t config = WECHATPAY_ERROR_CONFIG, refused = WECHATPAY_ERROR_INVALID_REQUEST;
    wechatpay_notifications *notifications = GARBAGE(wechatpay_notifications);
    wechatpay_options *options = only_what_is_needed(), *keyless = wechatpay_options_new();
    FAILS(wechatpay_notifications_new(NULL, &notifications), config, "bad_option", "options");
    CHECK(notifications == NULL);
    FAILS(wechatpay_notifications_new(options, NULL), refused, "bad_argument", "notifications");
    FAILS(wechatpay_notifications_from_env(NULL), refused, "bad_argument", "notifications");
    FAILS(receiver_with("apiv3_keys", "x"), config, "unknown_option", "apiv3_keys");
    FAILS(receiver_with("apiv3_key", "short"), config, "bad_apiv3_key", "apiv3_key");
    set(keyless, "public_key_id", "WECHATPAY_PUBLIC_KEY_ID");
    set(keyless, "platform_public_key_path", "WECHATPAY_PLATFORM_PUBLIC_KEY_PATH");
    FAILS(wechatpay_notifications_new(keyless, &notifications), config, "missing_option", "apiv3_key");
    wechatpay_options_free(keyless);
    wechatpay_options_free(options);

    wechatpay_client *client;
    char *key = strdup(getenv("WECHATPAY_APIV3_KEY"));
    unsetenv("WECHATPAY_APIV3_KEY");
    client = sandbox_client();
    FAILS(wechatpay_notifications_from_env(&notifications), config, "missing_option", "apiv3_key");
    setenv("WECHATPAY_APIV3_KEY", key, 1);
    free(key);
    notifications = GARBAGE(wechatpay_notifications);
    FAILS(wechatpay_client_notifications(client, &notifications), config, "missing_option", "apiv3_key");
    CHECK(notifications == NULL);
    FAILS(wechatpay_client_notifications(NULL, &notifications), refused, "bad_argument", "client");
    FAILS(wechatpay_client_notifications(client, NULL), refused, "bad_argument", "notifications");
    wechatpay_client_free(client);
}

/* What parse says of other headers. */
static wechatpay_error *with_headers(const wechatpay_notifications *notifications, const char *headers, size_t length) {
    struct bytes exact = exactly(headers, length), body = received("body");
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    wechatpay_error *error =
        wechatpay_notifications_parse(notifications, exact.start, exact.length, body.start, body.length, &reply);
    CHECK(error != NULL && reply == NULL);
    free(exact.start);
    free(body.start);
    return error;
}

/* What it says of another body. */
static wechatpay_error *with_body(const wechatpay_notifications *notifications, const char *body, size_t length) {
    struct bytes headers = received("headers.json");
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    wechatpay_error *error =
        wechatpay_notifications_parse(notifications, headers.start, headers.length, body, length, &reply);
    CHECK(error != NULL && reply == NULL);
    free(headers.start);
    return error;
}

static void refused_notifications(const wechatpay_notifications *notifications) {
    const int32_t refused = WECHATPAY_ERROR_INVALID_REQUEST, signature = WECHATPAY_ERROR_SIGNATURE;
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    FAILS(wechatpay_notifications_parse(NULL, "{}", 2, "{}", 2, &reply), refused, "bad_argument", "notifications");
    CHECK(reply == NULL);
    FAILS(wechatpay_notifications_parse(notifications, "{}", 2, "{}", 2, NULL), refused, "bad_argument", "reply");
    FAILS(wechatpay_notifications_parse(notifications, NULL, 2, "{}", 2, &reply), refused, "bad_argument", "headers");
    FAILS(wechatpay_notifications_parse(notifications, "{}", SIZE_MAX, "", 0, &reply), refused, "bad_argument", "headers");
    FAILS(wechatpay_notifications_parse(notifications, NULL, 0, "{}", 2, &reply), signature, "missing_header", NULL);
    FAILS(with_headers(notifications, "", 0), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "{", 1), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "[]", 2), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "{}\0", 3), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "{\"x\":\"\xff\"}", 9), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "{\"Wechatpay-Nonce\":1}", 21), refused, "bad_argument", "headers");
    FAILS(with_headers(notifications, "{}", 2), signature, "missing_header", NULL);
    FAILS(with_body(notifications, NULL, 1), refused, "bad_argument", "body");
    FAILS(with_body(notifications, "{}", SIZE_MAX), refused, "bad_argument", "body");
    FAILS(with_body(notifications, NULL, 0), signature, "bad_signature", NULL);
    FAILS(with_body(notifications, "", 0), signature, "bad_signature", NULL);
    FAILS(with_body(notifications, NOT_UTF8, 3), signature, "bad_signature", NULL);
    struct bytes body = received("body");
    FAILS(with_body(notifications, body.start, body.length - 1), signature, "bad_signature", NULL);
    free(body.start);
}

static void answers(void) {
    const int32_t refused = WECHATPAY_ERROR_INVALID_REQUEST;
    wechatpay_reply *reply = GARBAGE(wechatpay_reply);
    FAILS(wechatpay_notifications_ack(NULL), refused, "bad_argument", "reply");
    FAILS(wechatpay_notifications_failure("x", NULL), refused, "bad_argument", "reply");
    FAILS(wechatpay_notifications_failure(NULL, &reply), refused, "bad_argument", "message");
    CHECK(reply == NULL);
    FAILS(wechatpay_notifications_failure(NOT_UTF8, &reply), refused, "bad_argument", "message");
    OK(wechatpay_notifications_ack(&reply));
    CHECK(strcmp(wechatpay_reply_body(reply), "{\"status\":204,\"headers\":{},\"body\":\"\"}") == 0);
    CHECK(wechatpay_reply_kind(reply) == WECHATPAY_REPLY_JSON && wechatpay_reply_status(reply) == 0);
    wechatpay_reply_free(reply);
    char *message = strdup("库存 \"0\"");
    OK(wechatpay_notifications_failure(message, &reply));
    memset(message, 'x', strlen(message));
    free(message);
    CHECK(strncmp(wechatpay_reply_body(reply), "{\"status\":500,", 14) == 0);
    CHECK(strstr(wechatpay_reply_body(reply), "库存 \\\\\\\"0") != NULL);
    CHECK(wechatpay_reply_body_length(reply) == strlen(wechatpay_reply_body(reply)));
    wechatpay_reply_free(reply);
    OK(wechatpay_notifications_failure("", &reply));
    wechatpay_reply_free(reply);
}

static struct bytes its_headers, its_body;

static void *parse_on_a_thread(void *notifications) {
    size_t failures = 0;
    for (int left = 8; left > 0; left--) {
        wechatpay_reply *reply;
        wechatpay_error *error = wechatpay_notifications_parse(notifications, its_headers.start, its_headers.length,
                                                               its_body.start, its_body.length, &reply);
        failures += error != NULL;
        wechatpay_error_free(error);
        wechatpay_reply_free(reply);
    }
    return (void *)failures;
}

static void many_threads(wechatpay_notifications *notifications) {
    pthread_t threads[THREADS];
    its_headers = received("headers.json");
    its_body = received("body");
    for (size_t at = 0; at < THREADS; at++) {
        CHECK(pthread_create(&threads[at], NULL, parse_on_a_thread, notifications) == 0);
    }
    for (size_t at = 0; at < THREADS; at++) {
        void *failures;
        CHECK(pthread_join(threads[at], &failures) == 0 && failures == NULL);
    }
    free(its_headers.start);
    free(its_body.start);
}

int main(void) {
    made();
    refused_receivers();
    wechatpay_notifications *notifications;
    OK(wechatpay_notifications_from_env(&notifications));
    refused_notifications(notifications);
    many_threads(notifications);
    wechatpay_notifications_free(notifications);
    answers();
    return done("notifications");
}
