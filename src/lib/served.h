/* SPDX-License-Identifier: ISC */
/*
 * Whether a server presents the certificate that it was given.
 */
#ifndef SERVED_H
#define SERVED_H

#include <openssl/x509.h>

#include "names.h"
#include "tls.h"

/*
 * The name to ask a server for: the first without a wildcard, or "www" in
 * place of the first one's "*".  NULL when out of memory; the caller frees.
 */
char *served_name(const struct names *names);

/*
 * Waits until the server presents this leaf; target->like is not looked at.
 * EX_TEMPFAIL when it still doesn't after grace_s seconds; the message says
 * what it presents instead.
 */
int served_wait(const struct tls_target *target, const X509 *leaf, int grace_s);

#endif
