/* SPDX-License-Identifier: ISC */
/* CSRs and chains; the renewal id of RFC 9773's example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "certificate.h"
#include "key.h"

/* RFC 9773 appendix A. */
static const char rfc9773_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

#define NOW ((time_t)1800000000)
#define DAY 86400

struct fixture {
	EVP_PKEY *ca_key, *leaf_key, *other_key;
	X509 *ca, *leaf;
	struct names names;
};

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* 90 days, of which 10 have gone; alternative names for a leaf only. */
static X509 *
new_certificate(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
    const char *common_name, const char *names)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 4711);
	ASN1_TIME_set(X509_getm_notBefore(certificate), NOW - 10 * DAY);
	ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + 80 * DAY);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)common_name, -1, -1, 0);
	X509_set_pubkey(certificate, key);
	if (issuer == NULL)
		issuer = certificate;
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	if (names != NULL)
		add_extension(certificate, issuer, NID_subject_alt_name, names);
	else
		add_extension(certificate, issuer, NID_basic_constraints,
		    "critical,CA:TRUE");
	assert_true(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
	return certificate;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	key_generate("ec-256", &f->ca_key);
	key_generate("ec-256", &f->leaf_key);
	key_generate("ec-256", &f->other_key);
	f->ca = new_certificate(f->ca_key, NULL, f->ca_key, "ca", NULL);
	f->leaf = new_certificate(f->leaf_key, f->ca, f->ca_key, "leaf",
	    "DNS:example.com,DNS:*.example.com");
	names_add(&f->names, "*.example.com");
	names_add(&f->names, "example.com");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	EVP_PKEY_free(f->ca_key);
	EVP_PKEY_free(f->leaf_key);
	EVP_PKEY_free(f->other_key);
	X509_free(f->ca);
	X509_free(f->leaf);
	names_free(&f->names);
	free(f);
	return 0;
}

static STACK_OF(X509) *
chain_of(X509 *first, X509 *second)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	sk_X509_push(chain, first);
	if (second != NULL)
		sk_X509_push(chain, second);
	return chain;
}

static int
check(struct fixture *f, X509 *first, X509 *second, const EVP_PKEY *key,
    time_t now)
{
	STACK_OF(X509) *chain = chain_of(first, second);
	int status = chain_check("chain", chain, &f->names, key, now);

	sk_X509_free(chain);
	return status;
}

static void
renewal_id_of_rfc9773(void **state)
{
	BIO *bio = BIO_new_mem_buf(rfc9773_certificate, -1);
	X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	char *id;

	(void)state;
	assert_non_null(leaf);
	id = certificate_renewal_id(leaf);
	assert_string_equal(id, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
	free(id);
	X509_free(leaf);
	BIO_free(bio);
}

static void
good_chain_is_accepted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, f->leaf, f->ca, f->leaf_key, NOW), 0);
	assert_int_equal(check(f, f->leaf, NULL, f->leaf_key, NOW), 0);
}

static void
another_key_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    check(f, f->leaf, f->ca, f->other_key, NOW), EX_PROTOCOL);
}

static void
missing_and_extra_names_are_refused(void **state)
{
	struct fixture *f = *state;
	X509 *fewer = new_certificate(
	    f->leaf_key, f->ca, f->ca_key, "leaf", "DNS:example.com");
	X509 *more = new_certificate(f->leaf_key, f->ca, f->ca_key, "leaf",
	    "DNS:example.com,DNS:*.example.com,DNS:evil.example");
	X509 *address = new_certificate(f->leaf_key, f->ca, f->ca_key, "leaf",
	    "DNS:example.com,DNS:*.example.com,IP:192.0.2.1");

	assert_int_equal(check(f, fewer, f->ca, f->leaf_key, NOW), EX_PROTOCOL);
	assert_int_equal(check(f, more, f->ca, f->leaf_key, NOW), EX_PROTOCOL);
	assert_int_equal(
	    check(f, address, f->ca, f->leaf_key, NOW), EX_PROTOCOL);
	X509_free(fewer);
	X509_free(more);
	X509_free(address);
}

static void
times_outside_validity_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    check(f, f->leaf, f->ca, f->leaf_key, NOW + 80 * DAY), EX_PROTOCOL);
	assert_int_equal(
	    check(f, f->leaf, f->ca, f->leaf_key, NOW - 11 * DAY), EX_PROTOCOL);
}

static void
broken_links_are_refused(void **state)
{
	struct fixture *f = *state;
	/* The issuer's name is right, its key isn't. */
	X509 *impostor =
	    new_certificate(f->other_key, NULL, f->other_key, "ca", NULL);

	assert_int_equal(
	    check(f, f->leaf, impostor, f->leaf_key, NOW), EX_PROTOCOL);
	assert_int_equal(
	    check(f, f->leaf, f->leaf, f->leaf_key, NOW), EX_PROTOCOL);
	X509_free(impostor);
}

static int
parse(const char *pem, size_t length)
{
	STACK_OF(X509) *chain = NULL;
	int status = chain_parse("chain", pem, length, &chain);

	sk_X509_pop_free(chain, X509_free);
	return status;
}

static void
only_certificates_are_parsed(void **state)
{
	struct fixture *f = *state;
	STACK_OF(X509) *chain = chain_of(f->leaf, f->ca);
	char *pem = chain_pem(chain);
	size_t length = strlen(pem);
	char *bad = malloc(length + 200);

	assert_int_equal(parse(pem, length), 0);
	assert_int_equal(parse("", 0), EX_PROTOCOL);
	assert_int_equal(parse("no PEM\n", 7), EX_PROTOCOL);
	/* Cut off within the second certificate. */
	memcpy(bad, pem, length);
	bad[length - 40] = '\0';
	assert_int_equal(parse(bad, length - 40), EX_PROTOCOL);
	/* RFC 8555 section 11.4: a key smuggled in. */
	strcpy(bad, pem);
	strcat(bad, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
		    "-----END PRIVATE KEY-----\n");
	assert_int_equal(parse(bad, strlen(bad)), EX_PROTOCOL);
	/* A NUL would hide what follows it. */
	memcpy(bad, pem, length);
	bad[length] = '\0';
	memcpy(bad + length + 1, "-----BEGIN X", 12);
	assert_int_equal(parse(bad, length + 13), EX_PROTOCOL);
	free(bad);
	free(pem);
	sk_X509_free(chain);
}

static void
csr_has_the_names_and_the_key(void **state)
{
	struct fixture *f = *state;
	unsigned char *der;
	const unsigned char *at;
	STACK_OF(X509_EXTENSION) *extensions;
	GENERAL_NAMES *list;
	X509_REQ *request;
	EVP_PKEY *key;
	size_t length;

	assert_int_equal(csr_new(f->leaf_key, &f->names, &der, &length), 0);
	assert_int_equal(csr_key(der, length, &key), 0);
	assert_int_equal(EVP_PKEY_eq(key, f->leaf_key), 1);
	at = der;
	request = d2i_X509_REQ(NULL, &at, (long)length);
	assert_int_equal(X509_REQ_verify(request, key), 1);
	assert_int_equal(
	    X509_NAME_entry_count(X509_REQ_get_subject_name(request)), 0);
	extensions = X509_REQ_get_extensions(request);
	list = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
	assert_int_equal(sk_GENERAL_NAME_num(list), 2);
	GENERAL_NAMES_free(list);
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(request);
	EVP_PKEY_free(key);
	/* What isn't a CSR, or has something behind it, is none. */
	assert_int_equal(csr_key(der, length - 1, &key), EX_DATAERR);
	OPENSSL_free(der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renewal_id_of_rfc9773),
		cmocka_unit_test(good_chain_is_accepted),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(missing_and_extra_names_are_refused),
		cmocka_unit_test(times_outside_validity_are_refused),
		cmocka_unit_test(broken_links_are_refused),
		cmocka_unit_test(only_certificates_are_parsed),
		cmocka_unit_test(csr_has_the_names_and_the_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
