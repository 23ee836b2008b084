/* SPDX-License-Identifier: ISC */
/*
 * The parts of the rfc2136 provider that can be tried without a server: the
 * update's form (RFC 2136) and the check of the reply's TSIG (RFC 8945).
 */
#ifndef RFC2136_H
#define RFC2136_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <ldns/ldns.h>

#include "document.h"

struct tsig_key {
	char *name;	       /* absolute, as "certrig." */
	const char *algorithm; /* "hmac-sha256." or "hmac-sha512." */
	char *secret;	       /* base64 */
};

/*
 * An UPDATE of a zone that adds exactly these records, or deletes exactly
 * these; unsigned.  NULL when out of memory; freed with ldns_pkt_free().
 */
ldns_pkt *rfc2136_update(const char *zone, const struct txt_record *records,
    size_t count, bool delete);

/*
 * Why this reply can't be taken for the server's answer to the signed request,
 * or NULL when it can: its TSIG must be of this key and over the request's.
 */
const char *rfc2136_reply_fault(const ldns_pkt *request, ldns_pkt *reply,
    const uint8_t *wire, size_t size, const struct tsig_key *key, time_t now);

#endif
