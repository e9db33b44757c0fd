#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integers of at most this many characters fit into 64 bits. */
#define LONGEST_INTEGER 18
static const char MARK[] = "#number:";

void broken(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("suite: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) broken("cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) broken("cannot read %s", path);
    fclose(file);
    text[size] = '\0';
    if (length != NULL) *length = (size_t)size;
    return text;
}

/* The text with every too long integer as a marked string. */
static char *mark_long_integers(const char *text, size_t length, size_t *marked_length) {
    char *out = malloc(2 * length + 1);
    if (out == NULL) broken("out of memory");
    size_t at = 0, end = 0;
    while (at < length) {
        size_t start = at;
        if (text[at] == '"') {
            for (at++; at < length && text[at] != '"'; at++) {
                if (text[at] == '\\') at++;
            }
            at = at < length ? at + 1 : length;
        } else {
            at++;
            if (strchr("-0123456789", text[start]) != NULL) at += strspn(text + at, "0123456789.eE+-");
        }
        size_t taken = at - start;
        int is_number = text[start] != '"' && taken > LONGEST_INTEGER && strcspn(text + start, ".eE") >= taken;
        if (is_number) end += (size_t)sprintf(out + end, "\"%s%.*s\"", MARK, (int)taken, text + start);
        else memcpy(out + end, text + start, taken), end += taken;
    }
    out[end] = '\0';
    *marked_length = end;
    return out;
}

json_t *json_read(const char *text, size_t length) {
    size_t marked_length;
    char *copy = malloc(length + 1); /* with a NUL, for strspn */
    if (copy == NULL) broken("out of memory");
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *marked = mark_long_integers(copy, length, &marked_length);
    json_t *value = json_loadb(marked, marked_length, JSON_DECODE_ANY, NULL);
    free(marked);
    free(copy);
    return value;
}

json_t *json_read_file(const char *path) {
    size_t length;
    char *text = read_file(path, &length);
    json_t *value = json_read(text, length);
    free(text);
    if (value == NULL) broken("%s is not JSON", path);
    return value;
}

char *json_write(const json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL) broken("JSON that cannot be written");
    return text;
}
