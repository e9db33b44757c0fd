/* Expected against actual, told in words. */
#ifndef SUITE_COMPARE_H
#define SUITE_COMPARE_H

#include <jansson.h>

/* What is wrong, a line each. */
struct problems {
    char *text;
    size_t count;
};

void problem(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));
void problems_clear(struct problems *problems);

/* Equal JSON. */
void same(struct problems *problems, const char *what, const json_t *expected, const json_t *actual);

/* Objects may hold more; {"$ciphertext": N} stands for base64 text of N bytes. */
void holds(struct problems *problems, const char *what, const json_t *expected, const json_t *actual);

/* A text, null (it must be missing), or {"starts_with": text}. */
void matches(struct problems *problems, const char *what, const json_t *expected, const json_t *actual);

/* Every text of a list must, or must not, occur in `actual`. */
void contains(struct problems *problems, const char *what, const json_t *texts, const char *actual, int wanted);

/* Base64 text of bytes; freed by the caller. */
char *base64(const char *bytes, size_t length);

#endif
