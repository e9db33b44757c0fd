/* JSON of cases and replies, by jansson. */
#ifndef SUITE_JSON_H
#define SUITE_JSON_H

#include <jansson.h>
#include <stddef.h>

/* Says what is wrong with the suite itself and ends the program. */
void broken(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The whole of a file, with a NUL after it; freed by the caller. */
char *read_file(const char *path, size_t *length);

/* Parses JSON; NULL where it is none. An integer that jansson cannot hold becomes the text "#number:" and its digits,
 * on both sides of a comparison, so that no digit is lost. */
json_t *json_read(const char *text, size_t length);

/* Parses a file, which must be JSON. */
json_t *json_read_file(const char *path);

/* One line of JSON, members in their order; freed by the caller. */
char *json_write(const json_t *value);

#endif
