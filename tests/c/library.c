#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "signer.h"

typedef wechatpay_error *operation_function(const wechatpay_client *, const char *, size_t, wechatpay_reply **);

json_t *sandbox_options(const json_t *info, const json_t *changed) {
    static const char *const names[] = {
        "mchid", "serial_no", "merchant_private_key_path", "public_key_id", "platform_public_key_path", "apiv3_key",
        "base_url", "backup_url",
    };
    json_t *options = json_object();
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        json_object_set(options, names[at], json_object_get(info, names[at]));
    }
    json_object_set_new(options, "timeout", json_integer(10));
    json_object_set_new(options, "cool_down", json_real(0.0001));
    if (changed != NULL) json_object_update(options, (json_t *)changed);
    return options;
}

static wechatpay_error *set_option(wechatpay_options *options, const char *name, const json_t *value) {
    if (json_is_string(value)) return wechatpay_options_set(options, name, json_string_value(value));
    if (json_is_number(value)) return wechatpay_options_set_number(options, name, json_number_value(value));
    if (json_is_boolean(value)) return wechatpay_options_set_bool(options, name, json_is_true(value));
    if (!json_is_array(value) && !json_is_null(value)) broken("option %s has a type that C cannot express", name);
    wechatpay_error *error = NULL;
    for (size_t at = 0; at < json_array_size(value) && error == NULL; at++) {
        error = wechatpay_options_add(options, name, json_string_value(json_array_get(value, at)));
    }
    return error;
}

wechatpay_error *client_from_json(const json_t *record, const json_t *signer, wechatpay_client **client) {
    wechatpay_options *options = wechatpay_options_new();
    wechatpay_error *error = NULL;
    const char *name;
    json_t *value;
    *client = NULL;
    json_object_foreach((json_t *)record, name, value) {
        if ((error = set_option(options, name, value)) != NULL) break;
    }
    if (error == NULL && json_is_object(signer)) error = set_signer(options, signer);
    if (error == NULL) error = wechatpay_client_new(options, client);
    wechatpay_options_free(options);
    return error;
}

/* `goldplan.merchants.open_advertising_show` -> its function; NULL for an id that nobody knows. */
static operation_function *function_of(const char *id) {
    char name[256];
    snprintf(name, sizeof name, "wechatpay_%s", id);
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '.') *c = '_';
    }
    operation_function *function;
    *(void **)&function = dlsym(RTLD_DEFAULT, name);
    return function;
}

static wechatpay_error *make_operation(const wechatpay_client *client, const json_t *call, enum face face,
                                       wechatpay_reply **reply) {
    const char *id = json_string_value(json_object_get(call, "operation"));
    const json_t *params = json_object_get(call, "params");
    char *json = params == NULL ? NULL : json_write(params);
    size_t length = json == NULL ? 0 : strlen(json);
    operation_function *function = face == BY_FUNCTION ? function_of(id) : NULL;
    wechatpay_error *error = function != NULL ? function(client, json, length, reply)
                                              : wechatpay_call(client, id, json, length, reply);
    free(json);
    return error;
}

static wechatpay_error *make_request(const wechatpay_client *client, const json_t *request, wechatpay_reply **reply) {
    const json_t *query = json_object_get(request, "query"), *body = json_object_get(request, "body");
    char *query_text = query == NULL ? NULL : json_write(query), *body_text = body == NULL ? NULL : json_write(body);
    wechatpay_error *error = wechatpay_request(
        client, json_string_value(json_object_get(request, "method")), json_string_value(json_object_get(request, "path")),
        query_text, query_text == NULL ? 0 : strlen(query_text), body_text, body_text == NULL ? 0 : strlen(body_text), reply);
    free(query_text);
    free(body_text);
    return error;
}

static wechatpay_error *read_notification(const wechatpay_client *client, const json_t *made, wechatpay_reply **reply) {
    char *headers = json_write(json_object_get(made, "headers"));
    const json_t *body = json_object_get(made, "body");
    wechatpay_notifications *notifications;
    wechatpay_error *error = wechatpay_client_notifications(client, &notifications);
    if (error == NULL) {
        error = wechatpay_notifications_parse(notifications, headers, strlen(headers), json_string_value(body),
                                              json_string_length(body), reply);
    }
    wechatpay_notifications_free(notifications);
    free(headers);
    return error;
}

static wechatpay_error *make_utility(const wechatpay_client *client, const json_t *call, wechatpay_reply **reply) {
    const json_t *params = json_object_get(call, "params");
    char *json = params == NULL ? NULL : json_write(params);
    const char *name = json_string_value(json_object_get(call, "utility"));
    wechatpay_error *error = wechatpay_utility(client, name, json, json == NULL ? 0 : strlen(json), reply);
    free(json);
    return error;
}

wechatpay_error *make_call(const wechatpay_client *client, const json_t *call, enum face face, wechatpay_reply **reply) {
    const json_t *options = json_object_get(call, "options"), *request = json_object_get(call, "request");
    const json_t *notification = json_object_get(call, "notification");
    wechatpay_client *derived = NULL;
    *reply = NULL;
    if (options != NULL) {
        double timeout = json_number_value(json_object_get(options, "timeout"));
        const char *retry = json_string_value(json_object_get(options, "retry"));
        const json_t *encrypted_with = json_object_get(options, "encrypted_with");
        wechatpay_error *error = wechatpay_client_with_options(client, timeout, retry, &derived);
        if (error == NULL && encrypted_with != NULL) {
            wechatpay_client *plain = derived;
            error = wechatpay_client_encrypted_with(plain, json_string_value(encrypted_with), &derived);
            wechatpay_client_free(plain);
        }
        if (error != NULL) return error;
        client = derived;
    }
    wechatpay_error *error = notification != NULL ? read_notification(client, notification, reply)
                             : json_object_get(call, "utility") != NULL ? make_utility(client, call, reply)
                             : request != NULL    ? make_request(client, request, reply)
                                                  : make_operation(client, call, face, reply);
    wechatpay_client_free(derived);
    return error;
}

static json_t *text_or_null(const char *text) { return text == NULL ? json_null() : json_string(text); }

static json_t *json_or_null(const char *text) { return text == NULL ? json_null() : json_read(text, strlen(text)); }

static json_t *attempts_as_json(const wechatpay_error *error) {
    json_t *list = json_array();
    for (size_t at = 0; at < wechatpay_error_attempts(error); at++) {
        const wechatpay_attempt *attempt = wechatpay_error_attempt(error, at);
        int status = wechatpay_attempt_status(attempt);
        json_t *record = json_object();
        json_object_set_new(record, "number", json_integer(wechatpay_attempt_number(attempt)));
        json_object_set_new(record, "host", text_or_null(wechatpay_attempt_host(attempt)));
        json_object_set_new(record, "phase", text_or_null(wechatpay_attempt_phase(attempt)));
        json_object_set_new(record, "duration", json_real(wechatpay_attempt_duration(attempt)));
        json_object_set_new(record, "status", status == 0 ? json_null() : json_integer(status));
        json_object_set_new(record, "code", text_or_null(wechatpay_attempt_code(attempt)));
        json_object_set_new(record, "request_id", text_or_null(wechatpay_attempt_request_id(attempt)));
        json_array_append_new(list, record);
    }
    return list;
}

json_t *error_as_json(const wechatpay_error *error) {
    int status = wechatpay_error_status(error);
    json_t *record = json_object();
    json_object_set_new(record, "kind", text_or_null(wechatpay_error_kind_name(error)));
    json_object_set_new(record, "code", text_or_null(wechatpay_error_code(error)));
    json_object_set_new(record, "status", status == 0 ? json_null() : json_integer(status));
    json_object_set_new(record, "operation", text_or_null(wechatpay_error_operation(error)));
    json_object_set_new(record, "field", text_or_null(wechatpay_error_field(error)));
    json_object_set_new(record, "value", json_or_null(wechatpay_error_value(error)));
    json_object_set_new(record, "issue", text_or_null(wechatpay_error_issue(error)));
    json_object_set_new(record, "location", text_or_null(wechatpay_error_location(error)));
    json_object_set_new(record, "detail", json_or_null(wechatpay_error_detail(error)));
    json_object_set_new(record, "retryability", text_or_null(wechatpay_error_retryability_name(error)));
    json_object_set_new(record, "may_have_taken_effect", json_boolean(wechatpay_error_may_have_taken_effect(error)));
    json_object_set_new(record, "verified", json_boolean(wechatpay_error_verified(error)));
    json_object_set_new(record, "check_with", text_or_null(wechatpay_error_check_with(error)));
    json_object_set_new(record, "attempts", attempts_as_json(error));
    return record;
}
