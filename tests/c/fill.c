#include "fill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static const char *own(const struct place *place, const char *name) {
    const char *value = json_string_value(json_object_get(place->info, name));
    if (value == NULL) broken("${%s} is not in sandbox.json", name);
    return value;
}

/* What stands for a name; freed by the caller. */
static char *placeholder(const struct place *place, const char *name) {
    char path[4096];
    if (strchr(name, '/') == NULL) return strdup(own(place, name));
    if (strncmp(name, "file/", 5) == 0) return read_file(own(place, name + 5), NULL);
    if (strncmp(name, "scratch/", 8) == 0) {
        snprintf(path, sizeof path, "%s%s", place->scratch, name + 8);
        return strdup(path);
    }
    if (strncmp(name, "reply/", 6) == 0) {
        const char *text = json_string_value(json_object_get(place->last, name + 6));
        if (text == NULL) broken("${%s} is no text of the last result", name);
        return strdup(text);
    }
    snprintf(path, sizeof path, "%s/vectors/%s", place->tests, strchr(name, '/') + 1);
    if (strncmp(name, "vectors/", 8) == 0) return read_file(path, NULL);
    if (strncmp(name, "path/", 5) == 0) return strdup(path);
    broken("${%s} is unknown", name);
}

static json_t *fill_text(const struct place *place, const char *text) {
    char *filled = strdup("");
    for (const char *start; (start = strstr(text, "${")) != NULL;) {
        const char *end = strchr(start, '}');
        if (end == NULL) broken("%s lacks a closing brace", text);
        char *name = strndup(start + 2, (size_t)(end - start) - 2), *value = placeholder(place, name), *longer;
        if (asprintf(&longer, "%s%.*s%s", filled, (int)(start - text), text, value) < 0) broken("out of memory");
        free(name);
        free(value);
        free(filled);
        filled = longer;
        text = end + 1;
    }
    json_t *whole = json_sprintf("%s%s", filled, text);
    free(filled);
    return whole;
}

json_t *fill(const struct place *place, const json_t *value) {
    if (value == NULL) return json_null();
    if (json_is_string(value)) return fill_text(place, json_string_value(value));
    if (json_is_array(value)) {
        json_t *filled = json_array();
        for (size_t at = 0; at < json_array_size(value); at++) {
            json_array_append_new(filled, fill(place, json_array_get(value, at)));
        }
        return filled;
    }
    if (json_is_object(value)) {
        json_t *filled = json_object();
        const char *name;
        json_t *member;
        json_object_foreach((json_t *)value, name, member) json_object_set_new(filled, name, fill(place, member));
        return filled;
    }
    return json_deep_copy(value);
}
