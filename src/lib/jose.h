/* SPDX-License-Identifier: ISC */
/*
 * base64url, JWK, thumbprints and JWS, as ACME uses them (RFC 7515, RFC 7517,
 * RFC 7638, RFC 8555 section 6.2).  No function prints: NULL or -1 means that
 * memory is out, the input is wrong, or OpenSSL can't use the key.
 */
#ifndef JOSE_H
#define JOSE_H

#include <stddef.h>

#include <jansson.h>
#include <openssl/evp.h>

/* base64url without padding (RFC 7515 section 2); the caller frees. */
char *base64url_encode(const void *data, size_t length);

/*
 * The bytes that text stands for; the caller frees.  NULL if it holds
 * anything else than base64url, padding included.
 */
unsigned char *base64url_decode(const char *text, size_t *length);

/* The "alg" that this key signs with: ES256, ES384 or RS256; else NULL. */
const char *jose_algorithm(const EVP_PKEY *key);

/* The public key as JWK with the members a thumbprint needs. */
json_t *jose_jwk(const EVP_PKEY *key);

/* RFC 7638 thumbprint with SHA-256, in base64url; the caller frees. */
char *jose_thumbprint(const EVP_PKEY *key);

/*
 * The TXT value of a dns-01 challenge (RFC 8555 section 8.4): SHA-256 of
 * token "." thumbprint in base64url; the caller frees.
 */
char *jose_dns01_value(const char *token, const char *thumbprint);

/*
 * Signs payload, length bytes, which may be none, as a flattened JWS.
 * protected_header is borrowed; "alg" is added to a copy of it.
 */
json_t *jose_sign(EVP_PKEY *key, json_t *protected_header, const char *payload,
    size_t length);

#endif
