/* SPDX-License-Identifier: ISC */
/*
 * account.json: which account at which CA, and its key.  Functions return 0
 * or a sysexits status, the message printed.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <jansson.h>
#include <openssl/evp.h>

struct account {
	const char *directory; /* the CA's directory URL */
	const char *url;       /* the account URL, JWS's "kid" */
	const char *key_name;  /* as the file has it */
	EVP_PKEY *key;
	json_t *json; /* the file; owns the strings above */
};

/* Reads path and loads the key it names; account_free() ends it. */
int account_read(const char *path, struct account *account);

/*
 * EX_DATAERR unless the document's directory and account, where it has them,
 * are these: an order can't be gone on with in another's name.
 */
int account_check(const struct account *account, const json_t *document);

void account_free(struct account *account);

#endif
