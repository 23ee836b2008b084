/* SPDX-License-Identifier: ISC */
/*
 * The ACME protocol's transport (RFC 8555 sections 6 and 7.1.1): a CA's
 * directory, nonces, signed requests, and waiting.  Functions return 0 or a
 * sysexits status, the message printed.
 */
#ifndef ACME_H
#define ACME_H

#include <jansson.h>
#include <openssl/evp.h>

struct acme;

struct acme_answer {
	long status;	    /* HTTP's, 200 to 299 */
	json_t *json;	    /* the body, or NULL if it isn't JSON */
	char *text;	    /* the body, NUL-terminated */
	size_t length;	    /* of the body, in bytes */
	char *location;	    /* or NULL */
	long retry_after_s; /* 0 when there is none */
};

/*
 * key signs, in the name of account_url or, where this is NULL, with the key
 * itself (new accounts).  All three are borrowed until acme_close().
 */
int acme_open(const char *directory_url, EVP_PKEY *key, const char *account_url,
    struct acme **acme);
void acme_close(struct acme *acme);

/* Takes a nonce that an earlier program left unused; NULL is none. */
void acme_offer_nonce(struct acme *acme, const char *nonce);

/* Puts the nonce that is unused now into the document, or takes it out. */
int acme_keep_nonce(const struct acme *acme, json_t *document);

/*
 * The URL that the directory has under this name, borrowed; the directory is
 * fetched when first asked for.  EX_PROTOCOL when it has none.
 */
int acme_resource(struct acme *acme, const char *name, const char **url);

/* The directory's meta.termsOfService, borrowed; *url is NULL without. */
int acme_terms(struct acme *acme, const char **url);

/*
 * Signs payload and POSTs it; NULL is POST-as-GET (section 6.3).  A rejected
 * nonce is replaced by that answer's own and the request sent again.  Any
 * status but 2xx fails, the problem reported as being of `what`.
 * acme_answer_free() empties answer after success; it is empty on failure.
 */
int acme_post(struct acme *acme, const char *what, const char *url,
    const json_t *payload, const char *accept, struct acme_answer *answer);
void acme_answer_free(struct acme_answer *answer);

/*
 * How long a program may wait for the CA, and how long it waited last.
 */
struct acme_wait {
	long deadline_s; /* on the monotonic clock */
	long pause_ms;
};

/* Starts waiting for limit_s seconds at most. */
struct acme_wait acme_wait_start(long limit_s);

/*
 * Sleeps for as long as the CA asked, or growing from 0.25 s to 10 s if it
 * didn't (0).  EX_TEMPFAIL rather than sleep past the deadline.
 */
int acme_wait(struct acme_wait *wait, const char *what, long retry_after_s);

#endif
