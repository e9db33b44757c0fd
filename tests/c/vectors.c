#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "sandbox.h"

static const char *text(const json_t *object, const char *name) { return json_string_value(json_object_get(object, name)); }

static json_t *read_vectors(const struct place *place, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/vectors/%s", place->tests, name);
    return json_read_file(path);
}

static json_t *key(const struct place *place, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/vectors/keys/%s", place->tests, name);
    char *pem = read_file(path, NULL);
    json_t *value = json_string(pem);
    free(pem);
    return value;
}

/* Options that make a client without any network. */
static json_t *good(const struct place *place) {
    return json_pack("{ss ss so ss so}", "mchid", "1900000001", "serial_no", "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
                     "merchant_private_key", key(place, "merchant_pkcs8.pem"), "public_key_id", "PUB_KEY_ID_01",
                     "platform_public_key", key(place, "platform_pub.pem"));
}

/* The lines of a bad PEM text must not stand in the error. */
static void check_not_repeated(const char *pem, const char *shown, struct problems *problems) {
    char *lines = strdup(pem), *rest = NULL;
    for (char *line = strtok_r(lines, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        int told = strlen(line) > 30 && strncmp(line, "-----", 5) != 0 && strstr(shown, line) != NULL;
        if (told) problem(problems, "the error repeats the text");
    }
    free(lines);
}

static void check_pem(const json_t *vector, json_t *options, const char *option, struct problems *problems) {
    const json_t *parts = json_object_get(vector, "problem_contains");
    wechatpay_client *client;
    wechatpay_error *error = client_from_json(options, NULL, &client);
    if (parts == NULL) {
        if (error != NULL) problem(problems, "refused: %s", wechatpay_error_text(error));
        else if (strcmp(wechatpay_client_mchid(client), "1900000001") != 0) problem(problems, "another mchid");
    } else if (error == NULL) {
        problem(problems, "accepted");
    } else {
        const char *field = wechatpay_error_field(error);
        if (wechatpay_error_kind(error) != WECHATPAY_ERROR_CONFIG) problem(problems, "another kind");
        if (field == NULL || strcmp(field, option) != 0) problem(problems, "another field: %s", field == NULL ? "" : field);
        contains(problems, "problem_contains", parts, wechatpay_error_text(error), 1);
        check_not_repeated(text(vector, "pem"), wechatpay_error_text(error), problems);
    }
    wechatpay_error_free(error);
    wechatpay_client_free(client);
    json_decref(options);
}

static void run_pem(const struct place *place, const json_t *vectors, const char *list, const char *option,
                    vector_report *report, void *context) {
    const json_t *all = json_object_get(vectors, list);
    if (json_array_size(all) == 0) broken("no vectors in %s", list);
    for (size_t at = 0; at < json_array_size(all); at++) {
        const json_t *vector = json_array_get(all, at);
        struct problems problems = {0};
        json_t *options = good(place), *pem = json_string(text(vector, "pem"));
        int is_list = strcmp(option, "platform_certificates") == 0;
        json_object_set_new(options, option, is_list ? json_pack("[o]", pem) : pem);
        check_pem(vector, options, option, &problems);
        report(context, text(vector, "name"), &problems);
    }
}

static void run_pairs(const struct place *place, const json_t *vectors, vector_report *report, void *context) {
    const json_t *all = json_object_get(vectors, "pairs");
    if (json_array_size(all) == 0) broken("no vectors in pairs");
    for (size_t at = 0; at < json_array_size(all); at++) {
        const json_t *pair = json_array_get(all, at);
        struct problems problems = {0};
        json_t *options = good(place);
        json_object_set_new(options, "merchant_private_key", key(place, text(pair, "private_key")));
        json_object_set_new(options, "merchant_certificate", key(place, text(pair, "certificate")));
        /* The serial number is the certificate's here. */
        json_object_del(options, "serial_no");
        wechatpay_client *client;
        wechatpay_error *error = client_from_json(options, NULL, &client);
        const char *code = error == NULL ? "" : wechatpay_error_code(error);
        const char *wanted = json_is_true(json_object_get(pair, "belongs")) ? "" : "key_mismatch";
        if (strcmp(code, wanted) != 0) problem(&problems, "expected code \"%s\", got \"%s\"", wanted, code);
        wechatpay_error_free(error);
        wechatpay_client_free(client);
        json_decref(options);
        report(context, text(pair, "private_key"), &problems);
    }
}

static void check_error_reply(const struct place *place, const json_t *vector, const wechatpay_client *client,
                              struct problems *problems) {
    static const char *const names[] = {"status", "code", "field", "value", "issue", "location", "detail"};
    json_t *fault = json_pack("{s{ss sO sO sO sb}}", "fault", "kind", "status", "status", json_object_get(vector, "status"),
                              "body", json_object_get(vector, "body"), "content_type",
                              json_object_get(vector, "content_type"), "signed", 0);
    sandbox_tell(place->info, "POST", "/reset", NULL);
    sandbox_tell(place->info, "POST", "/faults", fault);
    static const char params[] = "{\"sub_mchid\":\"1900000109\"}";
    wechatpay_reply *reply;
    wechatpay_error *error =
        wechatpay_goldplan_merchants_close_advertising_show(client, params, sizeof params - 1, &reply);
    json_t *actual = error_as_json(error);
    if (wechatpay_error_kind(error) != WECHATPAY_ERROR_API) problem(problems, "another kind");
    if (wechatpay_error_verified(error)) problem(problems, "an unsigned reply counts as verified");
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        same(problems, names[at], json_object_get(vector, names[at]), json_object_get(actual, names[at]));
    }
    if (error != NULL) {
        contains(problems, "message", json_object_get(vector, "message_contains"), wechatpay_error_message(error), 1);
        /* The value may be an openid: it is there for the program, not for a log. */
        if (strstr(wechatpay_error_text(error), "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") != NULL) problem(problems, "shows an openid");
    }
    wechatpay_error_free(error);
    wechatpay_reply_free(reply);
    json_decref(actual);
    json_decref(fault);
}

static void run_error_replies(const struct place *place, vector_report *report, void *context) {
    json_t *vectors = read_vectors(place, "errors.json"), *options = sandbox_options(place->info, NULL);
    json_object_set_new(options, "retry", json_string("off"));
    const json_t *all = json_object_get(vectors, "cases");
    wechatpay_client *client;
    if (json_array_size(all) == 0) broken("no vectors in errors.json");
    if (client_from_json(options, NULL, &client) != NULL) broken("the sandbox's own credentials make no client");
    for (size_t at = 0; at < json_array_size(all); at++) {
        struct problems problems = {0};
        check_error_reply(place, json_array_get(all, at), client, &problems);
        report(context, text(json_array_get(all, at), "name"), &problems);
    }
    wechatpay_client_free(client);
    json_decref(options);
    json_decref(vectors);
}

void vectors_run(const struct place *place, vector_report *report, void *context) {
    json_t *pem = read_vectors(place, "pem.json");
    run_pem(place, pem, "private_keys", "merchant_private_key", report, context);
    run_pem(place, pem, "public_keys", "platform_public_key", report, context);
    run_pem(place, pem, "certificates", "platform_certificates", report, context);
    run_pairs(place, pem, report, context);
    json_decref(pem);
    run_error_replies(place, report, context);
}
