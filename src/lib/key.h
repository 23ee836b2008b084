/* SPDX-License-Identifier: ISC */
/*
 * Private keys: of the ACME account and of servers.  Functions return 0 or a
 * sysexits status, the message printed.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>

#include <openssl/evp.h>

/* "ec-256": what a new key is when nothing else is asked for. */
#define KEY_TYPE_DEFAULT "ec-256"

/* EX_USAGE with the types there are, unless this is one of them. */
int key_check_type(const char *type);

/*
 * The type of a key in the words of key_check_type(); "other" for the rest.
 */
const char *key_type(const EVP_PKEY *key);

/* Makes a key of a type that key_check_type() accepts. */
int key_generate(const char *type, EVP_PKEY **key);

/* Whether a key's name is such a URI, which no directory is put before. */
bool key_is_uri(const char *path);

/*
 * Loads a private key through OSSL_STORE, so that path may also be a URI of
 * a provider the operator has, as "pkcs11:...".  A file that others can read
 * is refused.  The caller frees with EVP_PKEY_free().
 */
int key_load(const char *path, EVP_PKEY **key);

/* Writes a key as PEM to a new file of mode 0600; refuses an existing one. */
int key_create_file(const char *path, const EVP_PKEY *key);

/*
 * Loads the key at path, or makes a new file with a key of this type, which
 * may be NULL for KEY_TYPE_DEFAULT.  A key that is there is never replaced:
 * EX_CONFIG when it is of another type than was asked for.
 */
int key_load_or_create(const char *path, const char *type, EVP_PKEY **key);

#endif
