/* The campaign's driver in C: a line of JSON for each call on the standard input, and one back when it has ended. Several
 * threads share one client. The campaign (crates/campaign) starts it: driver CONFIG
 *
 *     cc -O1 -pthread -o driver driver.c $(pkg-config --cflags --libs wechatpay jansson)
 */
#define _GNU_SOURCE
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wechatpay.h>

#define AT_ONCE 4

static wechatpay_client *client;
static pthread_mutex_t reading = PTHREAD_MUTEX_INITIALIZER, writing = PTHREAD_MUTEX_INITIALIZER;

static void must(wechatpay_error *error) {
    if (error == NULL) return;
    fprintf(stderr, "%s\n", wechatpay_error_text(error));
    exit(1);
}

static void say(json_t *answer) {
    pthread_mutex_lock(&writing);
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    pthread_mutex_unlock(&writing);
    json_decref(answer);
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static wechatpay_error *make(const wechatpay_client *with, const json_t *call, wechatpay_reply **reply) {
    const char *operation = json_string_value(json_object_get(call, "operation"));
    json_t *content = json_object_get(call, operation == NULL ? "body" : "params");
    char *text = json_dumps(content, JSON_COMPACT);
    wechatpay_error *error =
        operation != NULL
            ? wechatpay_call(with, operation, text, strlen(text), reply)
            : wechatpay_request(with, json_string_value(json_object_get(call, "method")),
                                json_string_value(json_object_get(call, "path")), NULL, 0, text, strlen(text), reply);
    free(text);
    return error;
}

static int same(const json_t *a, const json_t *b, const char *name) {
    const json_t *one = json_object_get(a, name), *other = json_object_get(b, name);
    return one == NULL ? other == NULL : json_equal(one, other);
}

static int is_own(const json_t *call, const wechatpay_reply *reply) {
    const json_t *params = json_object_get(call, "params"), *wanted = params ? params : json_object_get(call, "body");
    json_t *told = json_loadb(wechatpay_reply_body(reply), wechatpay_reply_body_length(reply), 0, NULL);
    int own = told != NULL && same(wanted, told, "out_bill_no") && same(wanted, told, "sub_mchid");
    json_decref(told);
    return own;
}

static json_t *record(const wechatpay_error *error) {
    json_t *record = json_pack("{ss ss ss sb sb ss}", "kind", wechatpay_error_kind_name(error), "code",
                               wechatpay_error_code(error), "retryability", wechatpay_error_retryability_name(error),
                               "may_have_taken_effect", wechatpay_error_may_have_taken_effect(error), "verified",
                               wechatpay_error_verified(error), "message", wechatpay_error_message(error));
    int status = wechatpay_error_status(error);
    if (status > 0) json_object_set_new(record, "status", json_integer(status));
    return record;
}

static json_t *answer_to(const json_t *order) {
    const json_t *call = json_object_get(order, "call"), *options = json_object_get(order, "options");
    wechatpay_client *with;
    wechatpay_reply *reply = NULL;
    must(wechatpay_client_with_options(client, json_number_value(json_object_get(options, "timeout")),
                                       json_string_value(json_object_get(options, "retry")), &with));
    double started = now_ms();
    wechatpay_error *error = make(with, call, &reply);
    json_t *answer = json_pack("{sO sf}", "n", json_object_get(order, "n"), "elapsed_ms", now_ms() - started);
    if (error == NULL) json_object_set_new(answer, "own", json_boolean(is_own(call, reply)));
    else json_object_set_new(answer, "error", record(error));
    wechatpay_error_free(error);
    wechatpay_reply_free(reply);
    wechatpay_client_free(with);
    return answer;
}

static void *drive(void *nothing) {
    char *line = NULL;
    size_t room = 0;
    for (;;) {
        pthread_mutex_lock(&reading);
        ssize_t length = getline(&line, &room, stdin);
        pthread_mutex_unlock(&reading);
        if (length < 0) break;
        json_t *order = json_loadb(line, (size_t)length, 0, NULL);
        if (json_is_true(json_object_get(order, "rest"))) {
            malloc_trim(0);
            say(json_pack("{sb}", "rested", 1));
        } else {
            say(answer_to(order));
        }
        json_decref(order);
    }
    free(line);
    return nothing;
}

int main(int argc, char **argv) {
    json_t *config = argc == 2 ? json_load_file(argv[1], 0, NULL) : NULL, *value;
    wechatpay_options *options = wechatpay_options_new();
    pthread_t threads[AT_ONCE];
    const char *name;
    if (config == NULL) {
        fprintf(stderr, "usage: %s CONFIG\n", argv[0]);
        return 2;
    }
    json_object_foreach(config, name, value) {
        if (json_is_number(value)) must(wechatpay_options_set_number(options, name, json_number_value(value)));
        else if (json_is_boolean(value)) must(wechatpay_options_set_bool(options, name, json_is_true(value)));
        else must(wechatpay_options_set(options, name, json_string_value(value)));
    }
    must(wechatpay_client_new(options, &client));
    wechatpay_options_free(options);
    json_decref(config);
    for (int at = 0; at < AT_ONCE; at++) {
        if (pthread_create(&threads[at], NULL, drive, NULL) != 0) return 1;
    }
    for (int at = 0; at < AT_ONCE; at++) pthread_join(threads[at], NULL);
    wechatpay_client_free(client);
    return 0;
}
