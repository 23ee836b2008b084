/* SPDX-License-Identifier: ISC */
/*
 * DNS names as ACME's identifiers and X.509's dNSNames have them: lower-case
 * A-labels, perhaps with a leading "*." (RFC 8555 section 7.1.4, RFC 5280
 * section 4.2.1.6).
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A CA takes this many names in one order at most. */
#define NAMES_MAX 100

struct names {
	size_t count;
	char **name; /* lower case, no final dot, no duplicates */
};

/*
 * Why this text can't be a name in a certificate, or NULL when it can.
 * Upper case and one final dot are accepted; names_add() removes them.
 */
const char *name_fault(const char *text);

/*
 * Adds a name unless it is there already.  Returns 0, or EX_DATAERR with the
 * reason printed.  names starts as {0}; names_free() ends it.
 */
int names_add(struct names *names, const char *text);
void names_free(struct names *names);

/* Whether both hold the same names, in whatever order. */
bool names_equal(const struct names *a, const struct names *b);

#endif
