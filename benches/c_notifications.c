/* What reading a notification costs in the installed C library, as a line of JSON: c_notifications FILE N */
#include <jansson.h>
#include <string.h>

#include "measure.h"

static wechatpay_notifications *receiver_from(const json_t *record) {
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_notifications *notifications;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)record, name, value) must(wechatpay_options_set(options, name, json_string_value(value)));
    must(wechatpay_notifications_new(options, &notifications));
    wechatpay_options_free(options);
    return notifications;
}

static void run(const wechatpay_notifications *notifications, const char *headers, const json_t *body, long times) {
    while (times-- > 0) {
        wechatpay_reply *reply;
        must(wechatpay_notifications_parse(notifications, headers, strlen(headers), json_string_value(body),
                                           json_string_length(body), &reply));
        if (strstr(wechatpay_reply_body(reply), "\"trade_state\":\"SUCCESS\"") == NULL) exit(1);
        wechatpay_reply_free(reply);
    }
}

int main(int argc, char **argv) {
    long times = argc == 3 ? atol(argv[2]) : 0;
    if (times <= 0) {
        fprintf(stderr, "usage: %s FILE N\n", argv[0]);
        return 2;
    }
    json_t *written = json_load_file(argv[1], 0, NULL);
    if (written == NULL) {
        fprintf(stderr, "%s is not JSON\n", argv[1]);
        return 1;
    }
    wechatpay_notifications *notifications = receiver_from(json_object_get(written, "options"));
    char *headers = json_dumps(json_object_get(written, "headers"), JSON_COMPACT);
    const json_t *body = json_object_get(written, "body");
    run(notifications, headers, body, 200);
    double started = wall(), used = cpu();
    run(notifications, headers, body, times);
    used = cpu() - used;
    report(times, wall() - started, used);
    wechatpay_notifications_free(notifications);
    free(headers);
    json_decref(written);
    return 0;
}
