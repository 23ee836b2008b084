/* SPDX-License-Identifier: ISC */
/*
 * What certificate a TLS server presents.  It is looked at, not trusted:
 * nothing is ever sent to that server.
 */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>

#include <openssl/x509.h>

/* Room for every text that tls_served_leaf() gives as its reason. */
#define TLS_WHY_SIZE 256

struct tls_target {
	const char *host; /* a name or an address */
	const char *port;
	const char *server_name; /* SNI (RFC 6066 section 3), or NULL */
	/*
	 * A server that has both an RSA and an ECDSA certificate picks by what
	 * the client can verify: offer only what fits this one; NULL for all.
	 */
	const X509 *like;
	int timeout_ms; /* for each address */
};

/*
 * Takes "host:port" or "[address]:port" apart; the caller frees both.  False
 * when it's neither, or out of memory.
 */
bool tls_split(const char *text, char **host, char **port);

/*
 * The leaf that the first of the host's addresses to answer presents; the
 * caller frees.  NULL, with the reason in why, when none does: it prints
 * nothing, as callers try again.  The caller ignores SIGPIPE.
 */
X509 *tls_served_leaf(const struct tls_target *target, char why[TLS_WHY_SIZE]);

#endif
