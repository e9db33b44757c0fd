/* The round trip's driver in C: every call through the function of its operation, found in the installed library by its
 * name. The program in crates/roundtrip starts it and says what stands in its files: driver CONFIG CALLS ANSWERS
 *
 *     cc -O1 -o driver driver.c $(pkg-config --cflags --libs wechatpay jansson) -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wechatpay.h>

typedef wechatpay_error *operation_function(const wechatpay_client *, const char *, size_t, wechatpay_reply **);

static void must(wechatpay_error *error) {
    if (error == NULL) return;
    fprintf(stderr, "%s\n", wechatpay_error_text(error));
    exit(1);
}

static FILE *opened(const char *path, const char *mode) {
    FILE *file = fopen(path, mode);
    if (file != NULL) return file;
    perror(path);
    exit(1);
}

static wechatpay_client *client_of(const char *path) {
    json_t *config = json_load_file(path, 0, NULL), *value;
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_client *client;
    const char *name;
    json_object_foreach(config, name, value) {
        if (json_is_number(value)) must(wechatpay_options_set_number(options, name, json_number_value(value)));
        else must(wechatpay_options_set(options, name, json_string_value(value)));
    }
    must(wechatpay_client_new(options, &client));
    wechatpay_options_free(options);
    json_decref(config);
    return client;
}

/* `goldplan.merchants.open_advertising_show` is `wechatpay_goldplan_merchants_open_advertising_show`. */
static operation_function *function_of(const char *id) {
    char name[256];
    operation_function *function;
    snprintf(name, sizeof name, "wechatpay_%s", id);
    for (char *at = name; *at != '\0'; at++) {
        if (*at == '.') *at = '_';
    }
    *(void **)&function = dlsym(RTLD_DEFAULT, name);
    return function;
}

static void tell_reply(FILE *out, const char *id, const wechatpay_reply *reply) {
    const char *body = wechatpay_reply_body(reply);
    size_t length = wechatpay_reply_body_length(reply);
    switch (wechatpay_reply_kind(reply)) {
    case WECHATPAY_REPLY_EMPTY:
        fprintf(out, "{\"id\":\"%s\",\"reply\":null}\n", id);
        break;
    case WECHATPAY_REPLY_JSON:
        fprintf(out, "{\"id\":\"%s\",\"reply\":", id);
        fwrite(body, 1, length, out);
        fputs("}\n", out);
        break;
    default:
        fprintf(out, "{\"id\":\"%s\",\"file\":\"", id);
        for (size_t at = 0; at < length; at++) fprintf(out, "%02x", (unsigned char)body[at]);
        fputs("\"}\n", out);
    }
}

static void tell_error(FILE *out, const char *id, const char *text) {
    json_t *answer = json_pack("{ss ss}", "id", id, "error", text);
    json_dumpf(answer, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(answer);
}

static void call(FILE *out, const wechatpay_client *client, const char *id, const char *params) {
    operation_function *function = function_of(id);
    wechatpay_reply *reply = NULL;
    if (function == NULL) {
        tell_error(out, id, "the library has no function for it");
        return;
    }
    wechatpay_error *error = function(client, params, strlen(params), &reply);
    if (error == NULL) tell_reply(out, id, reply);
    else tell_error(out, id, wechatpay_error_text(error));
    wechatpay_error_free(error);
    wechatpay_reply_free(reply);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s CONFIG CALLS ANSWERS\n", argv[0]);
        return 2;
    }
    wechatpay_client *client = client_of(argv[1]);
    FILE *calls = opened(argv[2], "r"), *out = opened(argv[3], "w");
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, calls) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *params = strchr(line, '\t');
        *params++ = '\0';
        call(out, client, line, params);
    }
    free(line);
    fclose(calls);
    wechatpay_client_free(client);
    return fclose(out) == 0 ? 0 : 1;
}
