/* Placeholders of cases. */
#ifndef SUITE_FILL_H
#define SUITE_FILL_H

#include "cases.h"

/* A copy with values in the place of ${...} in every text; null for NULL. */
json_t *fill(const struct place *place, const json_t *value);

#endif
