/* Runs the shared cases; their format stands in tests/README.md. */
#ifndef SUITE_CASES_H
#define SUITE_CASES_H

#include <jansson.h>

#include "compare.h"
#include "library.h"

/* Where the suite runs: the folder tests/ of the repository, the sandbox's description, a folder to work in; and within a
 * case how the paths of its files begin, and what its last call gave. */
struct place {
    const char *tests;
    const json_t *info;
    const char *work;
    const char *scratch;
    json_t *last;
};

/* All cases of all files as a list, each with the file's name before its own. */
json_t *cases_load(const char *tests);

/* Runs one; what differs from the expectations is added to `problems`. */
void case_run(const struct place *place, const json_t *record, enum face face, struct problems *problems);

#endif
