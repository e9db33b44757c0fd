/* Checks that name the place where they fail. The environment holds WECHATPAY_* options of a running sandbox. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wechatpay.h>

#define OPERATION "goldplan.merchants.change_custom_page_status"
#define PARAMS "{\"sub_mchid\":\"1900000109\",\"operation_type\":\"OPEN\"}"

/* Stands where a function must write NULL. */
#define GARBAGE(type) ((type *)garbage())

static inline void *garbage(void) {
    static char somewhere;
    return &somewhere;
}

static int checks;

#define CHECK(condition)                                                              \
    do {                                                                              \
        checks++;                                                                     \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

/* Success. */
#define OK(call) check_ok((call), #call, __FILE__, __LINE__)

/* An error of this kind and code; a field of NULL is not looked at. */
#define FAILS(call, kind, code, field) check_fails((call), (kind), (code), (field), #call, __FILE__, __LINE__)

static inline void check_ok(wechatpay_error *error, const char *call, const char *file, int line) {
    checks++;
    if (error != NULL) {
        fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, wechatpay_error_text(error));
        exit(1);
    }
}

static inline void check_fails(wechatpay_error *error, int32_t kind, const char *code, const char *field, const char *call,
                               const char *file, int line) {
    const char *actual = wechatpay_error_field(error);
    checks++;
    if (error == NULL || wechatpay_error_kind(error) != kind || strcmp(wechatpay_error_code(error), code) != 0 ||
        (field != NULL && (actual == NULL || strcmp(actual, field) != 0))) {
        fprintf(stderr, "%s:%d: %s: not kind %d, code %s, field %s, but %d, %s, %s\n", file, line, call, (int)kind, code,
                field == NULL ? "(any)" : field, (int)wechatpay_error_kind(error),
                error == NULL ? "(success)" : wechatpay_error_code(error), actual == NULL ? "(none)" : actual);
        exit(1);
    }
    wechatpay_error_free(error);
}

/* A client of the sandbox. */
static inline wechatpay_client *sandbox_client(void) {
    wechatpay_client *client;
    OK(wechatpay_client_from_env(&client));
    return client;
}

/* One call that must succeed. */
static inline void call_once(const wechatpay_client *client) {
    wechatpay_reply *reply;
    OK(wechatpay_goldplan_merchants_change_custom_page_status(client, PARAMS, strlen(PARAMS), &reply));
    CHECK(strstr(wechatpay_reply_body(reply), "1900000109") != NULL);
    wechatpay_reply_free(reply);
}

static inline int done(const char *name) {
    printf("%s: %d checks passed\n", name, checks);
    return 0;
}

#endif
