/* One figure of the installed C library, as a line of JSON: c_calls CONFIG N
 *
 *     cc -O2 -o c_calls c_calls.c $(pkg-config --cflags --libs wechatpay jansson)
 */
#include <jansson.h>
#include <string.h>

#include "measure.h"

static const char REQUEST[] = "{\"sub_mchid\":\"1900000109\",\"operation_type\":\"OPEN\"}";

static wechatpay_client *client_from(const char *path) {
    json_t *config = json_load_file(path, 0, NULL), *value;
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_client *client;
    const char *name;
    if (config == NULL) {
        fprintf(stderr, "%s is not JSON\n", path);
        exit(1);
    }
    json_object_foreach(config, name, value) {
        if (json_is_number(value)) must(wechatpay_options_set_number(options, name, json_number_value(value)));
        else must(wechatpay_options_set(options, name, json_string_value(value)));
    }
    must(wechatpay_client_new(options, &client));
    wechatpay_options_free(options);
    json_decref(config);
    return client;
}

static void run(const wechatpay_client *client, long calls) {
    while (calls-- > 0) {
        wechatpay_reply *reply;
        must(wechatpay_goldplan_merchants_change_custom_page_status(client, REQUEST, sizeof REQUEST - 1, &reply));
        if (strstr(wechatpay_reply_body(reply), "1900000109") == NULL) exit(1);
        wechatpay_reply_free(reply);
    }
}

int main(int argc, char **argv) {
    long calls = argc == 3 ? atol(argv[2]) : 0;
    if (calls <= 0) {
        fprintf(stderr, "usage: %s CONFIG N\n", argv[0]);
        return 2;
    }
    wechatpay_client *client = client_from(argv[1]);
    run(client, 100);
    double started = wall(), used = cpu();
    run(client, calls);
    used = cpu() - used;
    started = wall() - started;
    report(calls, started, used);
    wechatpay_client_free(client);
    return 0;
}
