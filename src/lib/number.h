/* SPDX-License-Identifier: ISC */
/*
 * Whole numbers as options and environment have them.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdbool.h>

/* Whether text is a decimal number from min to max, and then which. */
bool number_parse(const char *text, long min, long max, long *number);

#endif
