/* SPDX-License-Identifier: ISC */
/*
 * An ACME order and its authorizations, from newOrder to the certificate (RFC
 * 8555 sections 7.4 and 7.5).  The state is the document's; each function
 * looks at what is done and does the rest.  Functions return 0 or a sysexits
 * status, the message printed.
 */
#ifndef ORDER_H
#define ORDER_H

#include <jansson.h>

#include "acme.h"

/*
 * Creates the order for the document's identifiers (and profile), or reads
 * the one it has.  Sets order, status, expires and finalize.  An order that
 * has become invalid fails with its error.
 */
int order_create(struct acme *acme, json_t *document);

/*
 * Fetches the order's authorizations and sets authorizations and txt: a
 * record for each authorization that is pending.  thumbprint is the account
 * key's.  Records the document has already stay.
 */
int order_fetch_authorizations(
    struct acme *acme, json_t *document, const char *thumbprint);

/*
 * Tells the CA to look at every challenge that is pending and waits until
 * the order is ready, or further.
 */
int order_validate(struct acme *acme, json_t *document, struct acme_wait *wait);

/*
 * Finalizes a ready order with the document's CSR, waits until it is valid,
 * and downloads the chain: *pem, *length bytes, is what the CA sent, not yet
 * looked at; the caller frees.
 */
int order_issue(struct acme *acme, json_t *document, struct acme_wait *wait,
    char **pem, size_t *length);

#endif
