/* SPDX-License-Identifier: ISC */
/*
 * When a certificate is due for renewal: the rules alone, without files or
 * clock.
 */
#ifndef DUE_H
#define DUE_H

#include <stdbool.h>
#include <time.h>

#include <openssl/x509.h>

#include "names.h"

#define DUE_AGE_DAYS 30

struct due_rules {
	long age_days;		   /* renew when older than this */
	const struct names *names; /* it must have, or NULL: any */
	const char *key_type;	   /* as key_type() says, or NULL: any */
};

struct due_verdict {
	bool due;
	char reason[120]; /* "" when it isn't due */
	long age_days;
	long days_left;
};

/*
 * By age: older than the rule's days, or less than a third of its life left
 * (half, of a life of 10 days or less), so that no rule in days can let a
 * short-lived certificate die.
 */
void due_by_age(time_t not_before, time_t not_after, long age_days, time_t now,
    struct due_verdict *verdict);

/*
 * By all rules.  Returns 0, or the status with which the certificate can't
 * be read, the message printed; it is due then.
 */
int due_decide(const char *what, const X509 *leaf,
    const struct due_rules *rules, time_t now, struct due_verdict *verdict);

#endif
