/* One figure of the installed C library, as a line of JSON: c_calls CONFIG N
 *
 *     cc -O2 -o c_calls c_calls.c $(pkg-config --cflags --libs wechatpay jansson)
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <wechatpay.h>

static const char REQUEST[] = "{\"sub_mchid\":\"1900000109\",\"operation_type\":\"OPEN\"}";

static void must(wechatpay_error *error) {
    if (error != NULL) {
        fprintf(stderr, "%s\n", wechatpay_error_text(error));
        exit(1);
    }
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static double wall(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

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
    printf("{\"cpu_us\": %f, \"wall_us\": %f, \"calls_per_second\": %f}\n", used / (double)calls * 1e6,
           started / (double)calls * 1e6, (double)calls / started);
    wechatpay_client_free(client);
    return 0;
}
