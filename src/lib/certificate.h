/* SPDX-License-Identifier: ISC */
/*
 * Certificate signing requests and certificate chains (RFC 2986, RFC 5280).
 * Functions return 0 or a sysexits status, the message printed; `what` is
 * the name that their messages give the input.
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <stddef.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "names.h"

/*
 * A CSR for these names, all as subjectAltName and none in the subject, signed
 * by key.  *der has *length bytes; the caller frees with OPENSSL_free().
 */
int csr_new(EVP_PKEY *key, const struct names *names, unsigned char **der,
    size_t *length);

/* The public key in a CSR; the caller frees. */
int csr_key(const unsigned char *der, size_t length, EVP_PKEY **key);

/*
 * Parses a chain in PEM, leaf first.  Anything but certificates in it, a
 * private key above all (RFC 8555 section 11.4), is refused with EX_PROTOCOL.
 * The caller frees with sk_X509_pop_free(chain, X509_free).
 */
int chain_parse(
    const char *what, const char *pem, size_t length, STACK_OF(X509) **chain);

/* Reads the chain in a file: chain_parse()'s statuses and file_read()'s. */
int chain_read(const char *path, STACK_OF(X509) **chain);

/*
 * Checks that the leaf has exactly these names and this public key and is
 * valid at this time, and that each certificate signed the one before it.
 * EX_PROTOCOL on failure.
 */
int chain_check(const char *what, STACK_OF(X509) *chain,
    const struct names *names, const EVP_PKEY *key, time_t now);

/* The chain as PEM and nothing else; NULL when out of memory; caller frees. */
char *chain_pem(STACK_OF(X509) *chain);

/* Adds the leaf's dNSNames to names, which starts as {0}. */
int certificate_names(const char *what, const X509 *leaf, struct names *names);

/* When it begins and ends, in seconds since the epoch. */
int certificate_validity(
    const char *what, const X509 *leaf, time_t *not_before, time_t *not_after);

/*
 * The name that renewal information has for a certificate (RFC 9773 section
 * 4.1); the caller frees.  NULL when it has no authority key identifier, or
 * memory is out.
 */
char *certificate_renewal_id(const X509 *leaf);

/* SHA-256 of the DER in 64 lower-case hex digits and a NUL. */
#define FINGERPRINT_SIZE 65
int certificate_fingerprint(const X509 *leaf, char text[FINGERPRINT_SIZE]);

#endif
