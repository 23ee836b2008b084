/* SPDX-License-Identifier: ISC */
#include "certificate.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "file.h"
#include "jose.h"
#include "message.h"
#include "timestamp.h"

/* The longest chain in the field has four; room for stranger ones. */
#define CHAIN_MAX 16

static void
chain_free(STACK_OF(X509) *chain)
{
	sk_X509_pop_free(chain, X509_free);
}

static bool
push_dns_name(GENERAL_NAMES *list, const char *name)
{
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();

	if (general == NULL || value == NULL ||
	    ASN1_STRING_set(value, name, -1) != 1) {
		GENERAL_NAME_free(general);
		ASN1_IA5STRING_free(value);
		return false;
	}
	GENERAL_NAME_set0_value(general, GEN_DNS, value);
	if (sk_GENERAL_NAME_push(list, general) > 0)
		return true;
	GENERAL_NAME_free(general);
	return false;
}

static bool
set_extensions(X509_REQ *request, const struct names *names)
{
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	bool done = list != NULL;

	for (size_t i = 0; done && i < names->count; i++)
		done = push_dns_name(list, names->name[i]);
	/* RFC 5280 section 4.2.1.6: critical, as the subject is empty. */
	done = done &&
	       X509V3_add1_i2d(&extensions, NID_subject_alt_name, list, 1,
		   X509V3_ADD_DEFAULT) == 1 &&
	       X509_REQ_add_extensions(request, extensions) == 1;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	GENERAL_NAMES_free(list);
	return done;
}

int
csr_new(EVP_PKEY *key, const struct names *names, unsigned char **der,
    size_t *length)
{
	X509_REQ *request = X509_REQ_new();
	int size = -1;

	*der = NULL;
	if (request != NULL && X509_REQ_set_pubkey(request, key) == 1 &&
	    set_extensions(request, names) &&
	    X509_REQ_sign(request, key, EVP_sha256()) > 0)
		size = i2d_X509_REQ(request, der);
	X509_REQ_free(request);
	if (size < 0)
		return message_fail(EX_SOFTWARE, "CSR: %s",
		    ERR_reason_error_string(ERR_get_error()));
	*length = (size_t)size;
	return 0;
}

int
csr_key(const unsigned char *der, size_t length, EVP_PKEY **key)
{
	const unsigned char *end = der;
	X509_REQ *request =
	    length > LONG_MAX ? NULL : d2i_X509_REQ(NULL, &end, (long)length);

	*key = NULL;
	if (request != NULL && end == der + length)
		*key = X509_REQ_get_pubkey(request);
	X509_REQ_free(request);
	ERR_clear_error();
	if (*key == NULL)
		return message_fail(EX_DATAERR, "member \"csr\" is not a "
						"certificate signing request");
	return 0;
}

/* RFC 8555 section 11.4: look at every armour line before any is parsed. */
static bool
holds_only_certificates(const char *pem, size_t length)
{
	static const char begin[] = "-----BEGIN ";
	static const char wanted[] = "-----BEGIN CERTIFICATE-----";

	if (memchr(pem, '\0', length) != NULL)
		return false;
	for (const char *at = strstr(pem, begin); at != NULL;
	     at = strstr(at + 1, begin))
		if (strncmp(at, wanted, strlen(wanted)) != 0)
			return false;
	return true;
}

/* Returns what is wrong, or NULL. */
static const char *
parse_all(const char *pem, size_t length, STACK_OF(X509) *chain)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)length);
	const char *fault = NULL;

	if (bio == NULL)
		return "out of memory";
	while (fault == NULL) {
		X509 *one = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (one == NULL)
			break;
		if (sk_X509_num(chain) == CHAIN_MAX)
			fault = "more than 16 certificates";
		if (fault != NULL || sk_X509_push(chain, one) <= 0)
			X509_free(one);
	}
	/* At the end OpenSSL finds no further BEGIN line, and only there. */
	if (fault == NULL &&
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		fault = "a certificate in it can't be parsed";
	if (fault == NULL && sk_X509_num(chain) == 0)
		fault = "no certificate in it";
	ERR_clear_error();
	BIO_free(bio);
	return fault;
}

int
chain_parse(
    const char *what, const char *pem, size_t length, STACK_OF(X509) **chain)
{
	const char *fault;

	if (length > FILE_MAX || !holds_only_certificates(pem, length))
		return message_fail(EX_PROTOCOL,
		    "%s: holds something other "
		    "than certificates: refused",
		    what);
	*chain = sk_X509_new_null();
	if (*chain == NULL)
		return message_no_memory();
	fault = parse_all(pem, length, *chain);
	if (fault != NULL) {
		chain_free(*chain);
		*chain = NULL;
		return message_fail(EX_PROTOCOL, "%s: %s", what, fault);
	}
	return 0;
}

int
chain_read(const char *path, STACK_OF(X509) **chain)
{
	char *pem;
	size_t length;
	int status = file_read(path, &pem, &length);

	if (status != 0)
		return status;
	status = chain_parse(path, pem, length, chain);
	free(pem);
	return status;
}

static int
check_links(const char *what, STACK_OF(X509) *chain)
{
	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		X509 *one = sk_X509_value(chain, i);
		X509 *next = sk_X509_value(chain, i + 1);

		if (X509_check_issued(next, one) != X509_V_OK ||
		    X509_verify(one, X509_get0_pubkey(next)) != 1) {
			ERR_clear_error();
			return message_fail(EX_PROTOCOL,
			    "%s: certificate %d "
			    "of the chain isn't signed by the next one",
			    what, i + 1);
		}
	}
	return 0;
}

int
chain_check(const char *what, STACK_OF(X509) *chain, const struct names *names,
    const EVP_PKEY *key, time_t now)
{
	const X509 *leaf = sk_X509_value(chain, 0);
	struct names found = { 0 };
	time_t not_before, not_after;
	bool equal;
	int status = certificate_names(what, leaf, &found);

	equal = status == 0 && names_equal(names, &found);
	names_free(&found);
	if (status != 0)
		return status;
	if (!equal)
		return message_fail(EX_PROTOCOL,
		    "%s: its names aren't those "
		    "that were ordered",
		    what);
	if (EVP_PKEY_eq(X509_get0_pubkey(leaf), key) != 1)
		return message_fail(
		    EX_PROTOCOL, "%s: is for another key", what);
	status = certificate_validity(what, leaf, &not_before, &not_after);
	if (status != 0)
		return status;
	/* A CA backdates; an orchestrator's clock may lag by minutes. */
	if (now + 3600 < not_before || now >= not_after)
		return message_fail(EX_PROTOCOL,
		    "%s: isn't valid now: is the "
		    "clock right?",
		    what);
	return check_links(what, chain);
}

char *
chain_pem(STACK_OF(X509) *chain)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL, *data;
	bool written = bio != NULL;
	long length;

	for (int i = 0; written && i < sk_X509_num(chain); i++)
		written = PEM_write_bio_X509(bio, sk_X509_value(chain, i)) == 1;
	if (written) {
		length = BIO_get_mem_data(bio, &data);
		pem = strndup(data, (size_t)length);
	}
	BIO_free(bio);
	return pem;
}

/* Returns 0, or a status when the name can't be one of ours. */
static int
add_general_name(
    const char *what, const GENERAL_NAME *general, struct names *names)
{
	const ASN1_STRING *value;
	const char *text;
	int type;

	value = GENERAL_NAME_get0_value(general, &type);
	text =
	    type == GEN_DNS ? (const char *)ASN1_STRING_get0_data(value) : NULL;
	if (text == NULL || strlen(text) != (size_t)ASN1_STRING_length(value) ||
	    name_fault(text) != NULL)
		return message_fail(EX_PROTOCOL,
		    "%s: has a subjectAltName "
		    "that isn't a DNS name",
		    what);
	return names_add(names, text);
}

int
certificate_names(const char *what, const X509 *leaf, struct names *names)
{
	GENERAL_NAMES *list =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int status = 0;

	if (list == NULL)
		return message_fail(
		    EX_PROTOCOL, "%s: has no subjectAltName", what);
	for (int i = 0; status == 0 && i < sk_GENERAL_NAME_num(list); i++)
		status = add_general_name(
		    what, sk_GENERAL_NAME_value(list, i), names);
	GENERAL_NAMES_free(list);
	return status;
}

int
certificate_validity(
    const char *what, const X509 *leaf, time_t *not_before, time_t *not_after)
{
	if (!timestamp_from_asn1(X509_get0_notBefore(leaf), not_before) ||
	    !timestamp_from_asn1(X509_get0_notAfter(leaf), not_after) ||
	    *not_after <= *not_before)
		return message_fail(EX_PROTOCOL,
		    "%s: its validity can't be "
		    "read",
		    what);
	return 0;
}

int
certificate_fingerprint(const X509 *leaf, char text[FINGERPRINT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length;

	if (X509_digest(leaf, EVP_sha256(), digest, &length) != 1)
		return message_fail(EX_SOFTWARE, "SHA-256 failed");
	for (unsigned int i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

/* base64url of the bytes that DER has for an INTEGER: 00 before a high bit. */
static char *
encode_serial(const ASN1_INTEGER *serial)
{
	unsigned char *der = NULL;
	int size = i2d_ASN1_INTEGER(serial, &der);
	char *text = NULL;

	/* RFC 5280 section 4.1.2.2: 20 bytes at most, after tag and length. */
	if (size > 2 && size <= 2 + 21)
		text = base64url_encode(der + 2, (size_t)size - 2);
	OPENSSL_free(der);
	return text;
}

char *
certificate_renewal_id(const X509 *leaf)
{
	AUTHORITY_KEYID *authority =
	    X509_get_ext_d2i(leaf, NID_authority_key_identifier, NULL, NULL);
	char *serial = encode_serial(X509_get0_serialNumber(leaf));
	char *issuer = NULL, *id = NULL;

	if (authority != NULL && authority->keyid != NULL)
		issuer =
		    base64url_encode(ASN1_STRING_get0_data(authority->keyid),
			(size_t)ASN1_STRING_length(authority->keyid));
	if (issuer != NULL && serial != NULL) {
		size_t size = strlen(issuer) + 1 + strlen(serial) + 1;

		id = malloc(size);
		if (id != NULL)
			snprintf(id, size, "%s.%s", issuer, serial);
	}
	free(issuer);
	free(serial);
	AUTHORITY_KEYID_free(authority);
	return id;
}
