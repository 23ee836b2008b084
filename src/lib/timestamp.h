/* SPDX-License-Identifier: ISC */
/*
 * Points in time, as X.509 and as people write them, in seconds since the
 * epoch.  Functions return whether the text was one; none prints.
 */
#ifndef TIMESTAMP_H
#define TIMESTAMP_H

#include <stdbool.h>
#include <time.h>

#include <openssl/asn1.h>

bool timestamp_from_asn1(const ASN1_TIME *time, time_t *epoch);

/* "2026-12-01T00:00:00Z" (RFC 3339 in UTC), or seconds since the epoch. */
bool timestamp_parse(const char *text, time_t *epoch);

#endif
