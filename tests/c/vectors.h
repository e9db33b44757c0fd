/* The golden vectors that can be seen through the C functions: PEM texts and error replies. Clock and nonce cannot be
 * set from C: signing, verification and decryption of fixed values are run by the Rust runner, through the same core. */
#ifndef SUITE_VECTORS_H
#define SUITE_VECTORS_H

#include "cases.h"

/* Reports each vector: its name, and what was wrong. */
typedef void vector_report(void *context, const char *name, struct problems *problems);

void vectors_run(const struct place *place, vector_report *report, void *context);

#endif
