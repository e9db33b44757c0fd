#include "compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void problem(struct problems *problems, const char *format, ...) {
    va_list arguments;
    char *line = NULL, *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0) broken("out of memory");
    va_end(arguments);
    if (asprintf(&text, "%s    %s\n", problems->text == NULL ? "" : problems->text, line) < 0) broken("out of memory");
    free(problems->text);
    free(line);
    problems->text = text;
    problems->count++;
}

void problems_clear(struct problems *problems) {
    free(problems->text);
    *problems = (struct problems){0};
}

static void differ(struct problems *problems, const char *what, const json_t *expected, const json_t *actual) {
    char *wanted = json_write(expected), *got = actual == NULL ? strdup("nothing") : json_write(actual);
    problem(problems, "%s: expected %s, got %s", what, wanted, got);
    free(wanted);
    free(got);
}

void same(struct problems *problems, const char *what, const json_t *expected, const json_t *actual) {
    if (!json_equal(expected, actual)) differ(problems, what, expected, actual);
}

/* How many bytes base64 text stands for; -1 where it is none. */
static json_int_t decoded_length(const json_t *text) {
    const char *digits = json_string_value(text);
    size_t length = json_string_length(text);
    if (digits == NULL || length == 0 || length % 4 != 0) return -1;
    size_t used = strspn(digits, DIGITS), padding = length - used;
    if (padding > 2 || strspn(digits + used, "=") != padding) return -1;
    return (json_int_t)(length / 4 * 3 - padding);
}

void holds(struct problems *problems, const char *what, const json_t *expected, const json_t *actual) {
    const json_t *ciphertext = json_object_get(expected, "$ciphertext");
    if (ciphertext != NULL) {
        if (decoded_length(actual) != json_integer_value(ciphertext)) differ(problems, what, expected, actual);
        return;
    }
    if (json_object_get(expected, "starts_with") != NULL) {
        matches(problems, what, expected, actual);
        return;
    }
    if (json_is_array(expected) && json_is_array(actual) && json_array_size(expected) == json_array_size(actual)) {
        for (size_t at = 0; at < json_array_size(expected); at++) {
            char inner[256];
            snprintf(inner, sizeof inner, "%s[%zu]", what, at);
            holds(problems, inner, json_array_get(expected, at), json_array_get(actual, at));
        }
        return;
    }
    if (!json_is_object(expected) || !json_is_object(actual)) {
        same(problems, what, expected, actual);
        return;
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)expected, name, value) {
        char inner[256];
        snprintf(inner, sizeof inner, "%s.%s", what, name);
        holds(problems, inner, value, json_object_get(actual, name));
    }
}

void matches(struct problems *problems, const char *what, const json_t *expected, const json_t *actual) {
    const char *start = json_string_value(json_object_get(expected, "starts_with"));
    if (start != NULL) {
        const char *text = json_string_value(actual);
        if (text == NULL || strncmp(text, start, strlen(start)) != 0) differ(problems, what, expected, actual);
    } else if (!json_is_null(expected) || (actual != NULL && !json_is_null(actual))) {
        same(problems, what, expected, actual);
    }
}

void contains(struct problems *problems, const char *what, const json_t *texts, const char *actual, int wanted) {
    size_t at;
    json_t *text;
    json_array_foreach(texts, at, text) {
        if ((strstr(actual, json_string_value(text)) != NULL) != wanted) {
            problem(problems, "%s: \"%s\" %s \"%s\"", what, actual, wanted ? "lacks" : "shows", json_string_value(text));
        }
    }
}

char *base64(const char *bytes, size_t length) {
    char *text = malloc(length / 3 * 4 + 5);
    if (text == NULL) broken("out of memory");
    size_t end = 0;
    for (size_t at = 0; at < length; at += 3) {
        unsigned three = 0;
        for (size_t next = at; next < at + 3; next++) three = three << 8 | (next < length ? (unsigned char)bytes[next] : 0);
        for (int digit = 0; digit < 4; digit++) {
            text[end++] = at + (size_t)digit <= length ? DIGITS[three >> (18 - 6 * digit) & 63] : '=';
        }
    }
    text[end] = '\0';
    return text;
}
