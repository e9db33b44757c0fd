#include "cases.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fill.h"
#include "json.h"
#include "sandbox.h"

static const json_t *get(const json_t *object, const char *name) { return json_object_get(object, name); }

static const char *text(const json_t *object, const char *name) { return json_string_value(get(object, name)); }

json_t *cases_load(const char *tests) {
    char pattern[4096];
    glob_t found;
    json_t *cases = json_array();
    snprintf(pattern, sizeof pattern, "%s/cases/*.json", tests);
    if (glob(pattern, 0, NULL, &found) != 0) broken("no cases at %s", pattern);
    for (size_t file = 0; file < found.gl_pathc; file++) {
        const char *stem = strrchr(found.gl_pathv[file], '/') + 1;
        json_t *records = json_read_file(found.gl_pathv[file]), *record;
        size_t at;
        json_array_foreach(records, at, record) {
            json_object_set_new(record, "name", json_sprintf("%.*s: %s", (int)strcspn(stem, "."), stem, text(record, "name")));
            /* A case of one step is written without the list around it. */
            if (get(record, "steps") == NULL) json_object_set_new(record, "steps", json_pack("[o]", json_deep_copy(record)));
            json_array_append(cases, record);
        }
        json_decref(records);
    }
    globfree(&found);
    return cases;
}

static void check_reply(const struct place *place, const json_t *step, const wechatpay_reply *reply,
                        struct problems *problems) {
    const json_t *expect = get(step, "expect");
    const char *body = wechatpay_reply_body(reply);
    size_t length = wechatpay_reply_body_length(reply);
    if (body[length] != '\0') problem(problems, "no NUL follows the body");
    if (get(expect, "result") != NULL) {
        json_t *wanted = fill(place, get(expect, "result"));
        json_t *actual = length == 0 ? json_null() : json_read(body, length);
        same(problems, "result", wanted, actual);
        json_decref(wanted);
        json_decref(actual);
    }
    if (get(expect, "result_has") != NULL) {
        json_t *wanted = fill(place, get(expect, "result_has"));
        json_t *actual = length == 0 ? json_null() : json_read(body, length);
        holds(problems, "result", wanted, actual);
        json_decref(wanted);
        json_decref(actual);
    }
    if (get(expect, "cashier") != NULL) {
        json_t *wanted = fill(place, get(expect, "cashier")), *record = json_pack("{so}", "record", json_read(body, length));
        json_t *said = sandbox_admin(place->info, "POST", "/cashier", record);
        holds(problems, "cashier", wanted, said);
        json_decref(wanted);
        json_decref(record);
        json_decref(said);
    }
    if (get(expect, "result_base64") != NULL) {
        char *actual = base64(body, length);
        if (strcmp(text(expect, "result_base64"), actual) != 0) problem(problems, "result_base64: got %s", actual);
        free(actual);
    }
    int status = wechatpay_reply_status(reply);
    if (get(expect, "status") != NULL && json_integer_value(get(expect, "status")) != status) {
        problem(problems, "status: got %d", status);
    }
    /* What is read from a notification is no host's reply, and neither is what a utility gives. */
    const json_t *call = get(step, "call");
    int local = get(call, "notification") != NULL || get(call, "payment") != NULL || get(call, "utility") != NULL;
    if (local && status != 0) problem(problems, "what no host sent has the status %d of a reply", status);
    if ((wechatpay_reply_request_id(reply) == NULL) != local) problem(problems, "the Request-ID is gone, or invented");
}

static void check_secret(const wechatpay_error *error, const char *secret, struct problems *problems) {
    const char *const shown[] = {wechatpay_error_text(error), wechatpay_error_message(error), wechatpay_error_issue(error),
                                 wechatpay_error_field(error)};
    for (size_t at = 0; at < sizeof shown / sizeof *shown; at++) {
        if (shown[at] != NULL && strstr(shown[at], secret) != NULL) {
            problem(problems, "the error %s shows the secret that begins with %.8s", wechatpay_error_code(error), secret);
        }
    }
}

static void check_error(const struct place *place, const json_t *record, const json_t *wanted, const wechatpay_error *error,
                        struct problems *problems) {
    json_t *filled = fill(place, wanted), *actual = error_as_json(error), *value, *secret;
    const char *name, *shown = wechatpay_error_text(error);
    size_t at;
    json_object_foreach(filled, name, value) {
        if (strcmp(name, "message_contains") == 0) contains(problems, name, value, shown, 1);
        else if (strcmp(name, "message_excludes") == 0) contains(problems, name, value, shown, 0);
        else if (strcmp(name, "request_id") == 0) {
            int present = wechatpay_error_request_id(error) != NULL;
            if (present != (strcmp(json_string_value(value), "present") == 0)) problem(problems, "request_id is wrong");
        } else if (strcmp(name, "attempts") == 0) holds(problems, name, value, get(actual, name));
        else if (get(actual, name) != NULL) matches(problems, name, value, get(actual, name));
        else broken("%s: unknown member %s of an error", text(record, "name"), name);
    }
    check_secret(error, text(place->info, "apiv3_key"), problems);
    json_array_foreach(get(record, "secrets"), at, secret) check_secret(error, json_string_value(secret), problems);
    json_decref(filled);
    json_decref(actual);
}

static void check_one_request(const json_t *wanted, const json_t *received, struct problems *problems) {
    const char *name, *header;
    json_t *value, *header_value;
    const json_t *authorized = get(wanted, "authorized");
    if (json_is_true(get(received, "authorized")) != (authorized == NULL || json_is_true(authorized))) {
        problem(problems, "authorized is wrong");
    }
    const char *body = text(received, "body");
    json_object_foreach((json_t *)wanted, name, value) {
        if (strcmp(name, "authorized") == 0) continue;
        if (strcmp(name, "body_contains") == 0) contains(problems, name, value, body == NULL ? "" : body, 1);
        else if (strcmp(name, "body_json") == 0) {
            json_t *actual = body == NULL ? json_null() : json_read(body, strlen(body));
            holds(problems, name, value, actual);
            json_decref(actual);
        } else if (strcmp(name, "understood") == 0) {
            holds(problems, name, value, get(received, name));
        } else if (strcmp(name, "headers") == 0) {
            json_object_foreach(value, header, header_value) {
                matches(problems, header, header_value, get(get(received, "headers"), header));
            }
        } else matches(problems, name, value, get(received, name));
    }
}

static void check_wire(const struct place *place, const json_t *wanted, const json_t *received, struct problems *problems) {
    if (json_array_size(wanted) != json_array_size(received)) {
        char *shown = json_write(received);
        problem(problems, "wire: expected %zu requests, the sandbox received %s", json_array_size(wanted), shown);
        free(shown);
        return;
    }
    for (size_t at = 0; at < json_array_size(wanted); at++) {
        json_t *filled = fill(place, json_array_get(wanted, at));
        check_one_request(filled, json_array_get(received, at), problems);
        json_decref(filled);
    }
}

/* What holds of every request that any client of ours sends. */
static void check_always(const json_t *headers, struct problems *problems) {
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *agent = text(headers, "user-agent"), *accept = text(headers, "accept");
    const char *nonce = text(get(headers, "authorization"), "nonce_str");
    if (agent == NULL || strncmp(agent, "wechatpay-sdk/", 14) != 0) problem(problems, "user-agent is wrong");
    if (accept == NULL || strcmp(accept, "application/json") != 0) problem(problems, "accept is wrong");
    if (get(headers, "accept-encoding") != NULL) problem(problems, "accept-encoding is there");
    if (nonce == NULL || strlen(nonce) != 32 || strspn(nonce, alphabet) != 32) problem(problems, "nonce_str is wrong");
}

static void check(const struct place *place, const json_t *record, const json_t *step, const wechatpay_reply *reply,
                  const wechatpay_error *error, struct problems *problems) {
    const json_t *expect = get(step, "expect"), *wanted = get(expect, "error"), *wire = get(expect, "wire");
    if (error != NULL && wanted != NULL) check_error(place, record, wanted, error, problems);
    else if (error != NULL) problem(problems, "expected a result, got the error %s", wechatpay_error_text(error));
    else if (wanted != NULL) problem(problems, "expected an error, got %s", wechatpay_reply_body(reply));
    else check_reply(place, step, reply, problems);
    if ((error == NULL) == (reply == NULL)) problem(problems, "neither or both of reply and error were given");

    const char *kind = text(wanted, "kind");
    int refused_here = kind != NULL && (strcmp(kind, "config") == 0 || strcmp(kind, "invalid_request") == 0);
    json_t *received = sandbox_admin(place->info, "GET", "/journal", NULL), *entry;
    size_t at;
    if (wire != NULL || refused_here) check_wire(place, wire, received, problems);
    json_array_foreach(received, at, entry) check_always(get(entry, "headers"), problems);
    json_decref(received);
    if (get(expect, "effects") != NULL) {
        json_t *state = sandbox_admin(place->info, "GET", "/state", NULL);
        holds(problems, "effects", get(expect, "effects"), state);
        json_decref(state);
    }
}

static void tell(const struct place *place, const char *method, const char *path, json_t *body) {
    sandbox_tell(place->info, method, path, body);
    json_decref(body);
}

/* Replaces a text wherever it stands in a file of the case. */
static void alter(const struct place *place, const json_t *alteration) {
    const char *from = text(alteration, "from"), *to = text(alteration, "to");
    char path[4096];
    snprintf(path, sizeof path, "%s%s", place->scratch, text(alteration, "file"));
    char *before = read_file(path, NULL), *rest = before, *found;
    if (strstr(before, from) == NULL) broken("%s does not hold %s", path, from);
    FILE *file = fopen(path, "wb");
    if (file == NULL) broken("cannot write %s", path);
    for (; (found = strstr(rest, from)) != NULL; rest = found + strlen(from)) {
        fprintf(file, "%.*s%s", (int)(found - rest), rest, to);
    }
    fputs(rest, file);
    fclose(file);
    free(before);
}

static void prepare(const struct place *place, const json_t *step) {
    const json_t *clock = get(step, "clock"), *faults = get(step, "faults");
    json_t *request;
    size_t at;
    sandbox_tell(place->info, "DELETE", "/faults", NULL);
    if (get(step, "state") != NULL) tell(place, "PATCH", "/state", fill(place, get(step, "state")));
    if (clock != NULL) tell(place, "POST", "/clock", json_pack("{sI}", "advance_seconds", json_integer_value(clock)));
    json_array_foreach(get(step, "admin"), at, request) {
        json_t *body = get(request, "body") == NULL ? NULL : fill(place, get(request, "body"));
        tell(place, text(request, "method"), text(request, "path"), body);
    }
    for (at = 0; at < json_array_size(faults); at++) {
        tell(place, "POST", "/faults", fill(place, json_array_get(faults, at)));
    }
}

/* A call with its placeholders filled; the order of a notification is replaced by what the sandbox makes of it. */
static json_t *filled_call(const struct place *place, const json_t *call) {
    json_t *filled = fill(place, call);
    const json_t *order = get(filled, "notification");
    if (order != NULL) {
        json_object_set_new(filled, "notification", sandbox_admin(place->info, "POST", "/notifications", order));
    }
    if (get(call, "payment") != NULL) {
        json_t *paid = sandbox_admin(place->info, "POST", "/orders/pay", get(filled, "payment"));
        json_object_set(filled, "notification", json_object_get(paid, "notification"));
        json_decref(paid);
    }
    return filled;
}

static void run_step(struct place *place, const json_t *record, const json_t *step, const wechatpay_client *client,
                     const wechatpay_error *refused, enum face face, struct problems *problems) {
    const json_t *times = get(step, "times");
    prepare(place, step);
    for (json_int_t left = times == NULL ? 1 : json_integer_value(times); left > 0 && problems->count == 0; left--) {
        sandbox_tell(place->info, "DELETE", "/journal", NULL);
        if (refused != NULL) {
            check(place, record, step, NULL, refused, problems);
            continue;
        }
        if (get(step, "call") == NULL) {
            problem(problems, "the client was accepted");
            return;
        }
        json_t *call = filled_call(place, get(step, "call"));
        wechatpay_reply *reply;
        wechatpay_error *error = make_call(client, call, face, &reply);
        check(place, record, step, reply, error, problems);
        json_decref(place->last);
        place->last = reply == NULL ? NULL : json_read(wechatpay_reply_body(reply), wechatpay_reply_body_length(reply));
        wechatpay_error_free(error);
        wechatpay_reply_free(reply);
        json_decref(call);
    }
}

void case_run(const struct place *where, const json_t *record, enum face face, struct problems *problems) {
    static int count;
    char scratch[4096];
    struct place own = *where, *place = &own;
    wechatpay_client *client;
    sandbox_tell(place->info, "POST", "/reset", NULL);
    snprintf(scratch, sizeof scratch, "%s/case-%d-", place->work, ++count);
    own.scratch = scratch;
    json_t *changed = fill(place, get(record, "client")), *options = sandbox_options(place->info, changed), *step;
    json_t *signer = fill(place, get(record, "signer"));
    wechatpay_error *refused = client_from_json(options, signer, &client);
    size_t at;
    json_array_foreach(get(record, "steps"), at, step) {
        if (problems->count > 0) break;
        if (get(step, "alter") != NULL) alter(&own, get(step, "alter"));
        if (get(step, "restart") != NULL) {
            wechatpay_error_free(refused);
            wechatpay_client_free(client);
            refused = client_from_json(options, signer, &client);
        }
        run_step(&own, record, step, client, refused, face, problems);
    }
    json_decref(own.last);
    wechatpay_error_free(refused);
    wechatpay_client_free(client);
    json_decref(options);
    json_decref(changed);
    json_decref(signer);
}
