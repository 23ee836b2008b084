/* SPDX-License-Identifier: ISC */
/*
 * Problem documents (RFC 7807, RFC 8555 section 6.7): what a CA says when it
 * refuses, in an HTTP answer, an order or a challenge.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <jansson.h>

/* Whether this problem's type is urn:ietf:params:acme:error:NAME. */
int problem_is(const json_t *problem, const char *name);

/*
 * Prints the problem, and each of its subproblems with its identifier on a
 * line of its own; `what` is what was refused.  Returns the exit status for
 * this type of problem.  problem may be NULL or anything: EX_UNAVAILABLE.
 */
int problem_report(const char *what, const json_t *problem, long retry_after_s);

#endif
