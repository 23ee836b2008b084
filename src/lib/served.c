/* SPDX-License-Identifier: ISC */
#include "served.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "certificate.h"
#include "message.h"

/* Room for "presents ", a fingerprint and a time. */
#define SEEN_SIZE TLS_WHY_SIZE

char *
served_name(const struct names *names)
{
	const char *wildcard = names->name[0];
	size_t size = sizeof("www") + strlen(wildcard);
	char *name;

	for (size_t i = 0; i < names->count; i++)
		if (names->name[i][0] != '*')
			return strdup(names->name[i]);
	name = malloc(size);
	if (name != NULL)
		snprintf(name, size, "www%s", wildcard + 1);
	return name;
}

static void
describe(const X509 *leaf, char seen[SEEN_SIZE])
{
	char fingerprint[FINGERPRINT_SIZE] = "", end[32] = "an unknown time";
	time_t not_before, not_after;
	struct tm utc;

	if (certificate_fingerprint(leaf, fingerprint) == 0 &&
	    certificate_validity(
		"certificate presented", leaf, &not_before, &not_after) == 0 &&
	    gmtime_r(&not_after, &utc) != NULL)
		strftime(end, sizeof(end), "%Y-%m-%dT%H:%M:%SZ", &utc);
	snprintf(seen, SEEN_SIZE,
	    "presents another certificate, SHA-256 %s, "
	    "valid until %s",
	    fingerprint, end);
}

/* Whether it's presented; what else happened, in seen. */
static bool
is_served(
    const struct tls_target *target, const X509 *leaf, char seen[SEEN_SIZE])
{
	X509 *found = tls_served_leaf(target, seen);
	bool same = found != NULL && X509_cmp(found, leaf) == 0;

	if (found != NULL && !same)
		describe(found, seen);
	X509_free(found);
	return same;
}

int
served_wait(const struct tls_target *target, const X509 *leaf, int grace_s)
{
	const struct timespec pause = { .tv_nsec = 300 * 1000 * 1000 };
	struct tls_target as_any = *target, as_leaf = *target;
	char seen[SEEN_SIZE], ignored[SEEN_SIZE];
	struct timespec now;
	time_t start;

	as_any.like = NULL;
	as_leaf.like = leaf;
	clock_gettime(CLOCK_MONOTONIC, &now);
	start = now.tv_sec;
	while (now.tv_sec <= start + grace_s) {
		/* It may have another kind of certificate besides. */
		if (is_served(&as_any, leaf, seen) ||
		    is_served(&as_leaf, leaf, ignored))
			return 0;
		message_step("%s:%s: %s", target->host, target->port, seen);
		message_progress("%s:%s: waiting for the new certificate",
		    target->host, target->port);
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	return message_fail(
	    EX_TEMPFAIL, "%s:%s: %s", target->host, target->port, seen);
}
