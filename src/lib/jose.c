/* SPDX-License-Identifier: ISC */
#include "jose.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/sha.h>

struct algorithm {
	const char *name;
	const char *key_type;
	int bits; /* 0: any */
	const char *curve;
	size_t coordinate_bytes; /* of r, s, x and y; 0 for RSA */
	const char *digest;
};

static const struct algorithm algorithms[] = {
	{ "ES256", "EC", 256, "P-256", 32, "SHA256" },
	{ "ES384", "EC", 384, "P-384", 48, "SHA384" },
	{ "RS256", "RSA", 0, NULL, 0, "SHA256" },
};

static const struct algorithm *
algorithm_of(const EVP_PKEY *key)
{
	size_t count = sizeof(algorithms) / sizeof(algorithms[0]);

	for (size_t i = 0; i < count; i++)
		if (EVP_PKEY_is_a(key, algorithms[i].key_type) &&
		    (algorithms[i].bits == 0 ||
			algorithms[i].bits == EVP_PKEY_get_bits(key)))
			return &algorithms[i];
	return NULL;
}

const char *
jose_algorithm(const EVP_PKEY *key)
{
	const struct algorithm *algorithm = algorithm_of(key);

	return algorithm == NULL ? NULL : algorithm->name;
}

char *
base64url_encode(const void *data, size_t length)
{
	char *text;

	if (length > INT_MAX / 2)
		return NULL;
	text = malloc((length + 2) / 3 * 4 + 1);
	if (text == NULL)
		return NULL;
	EVP_EncodeBlock((unsigned char *)text, data, (int)length);
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=') {
			*c = '\0';
			break;
		}
	}
	return text;
}

/* text as standard base64 with its padding; NULL if it isn't base64url. */
static char *
to_base64(const char *text, size_t length)
{
	char *padded = malloc(length + 4);
	size_t i;

	if (padded == NULL)
		return NULL;
	for (i = 0; i < length; i++) {
		char c = text[i];

		if (c == '+' || c == '/' || c == '=') {
			free(padded);
			return NULL;
		}
		padded[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	while (i % 4 != 0)
		padded[i++] = '=';
	padded[i] = '\0';
	return padded;
}

unsigned char *
base64url_decode(const char *text, size_t *length)
{
	size_t text_length = strlen(text), padded_length;
	unsigned char *data = NULL;
	char *padded, *again;
	int decoded;

	if (text_length % 4 == 1 || text_length > INT_MAX / 2)
		return NULL;
	padded = to_base64(text, text_length);
	if (padded == NULL)
		return NULL;
	padded_length = strlen(padded);
	data = malloc(padded_length / 4 * 3 + 1);
	decoded = data == NULL
		      ? -1
		      : EVP_DecodeBlock(data, (const unsigned char *)padded,
			    (int)padded_length);
	free(padded);
	if (decoded < 0) {
		free(data);
		return NULL;
	}
	/* OpenSSL counts the padding's zero bytes too. */
	*length = (size_t)decoded - (padded_length - text_length);
	/* It trims blanks and takes stray low bits; only one text is right. */
	again = base64url_encode(data, *length);
	if (again == NULL || strcmp(again, text) != 0) {
		free(again);
		free(data);
		return NULL;
	}
	free(again);
	return data;
}

/* A public number of the key in base64url, of `bytes` bytes (0: minimal). */
static char *
number_parameter(const EVP_PKEY *key, const char *parameter, size_t bytes)
{
	BIGNUM *number = NULL;
	unsigned char buffer[1024];
	char *text = NULL;
	int length;

	if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1)
		return NULL;
	length = bytes != 0 ? (int)bytes : BN_num_bytes(number);
	if ((size_t)length <= sizeof(buffer) &&
	    BN_bn2binpad(number, buffer, length) == length)
		text = base64url_encode(buffer, (size_t)length);
	BN_free(number);
	return text;
}

json_t *
jose_jwk(const EVP_PKEY *key)
{
	const struct algorithm *algorithm = algorithm_of(key);
	json_t *jwk = NULL;
	char *a, *b;

	if (algorithm == NULL)
		return NULL;
	if (algorithm->curve != NULL) {
		size_t bytes = algorithm->coordinate_bytes;

		a = number_parameter(key, OSSL_PKEY_PARAM_EC_PUB_X, bytes);
		b = number_parameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, bytes);
		if (a != NULL && b != NULL)
			jwk = json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC",
			    "crv", algorithm->curve, "x", a, "y", b);
	} else {
		a = number_parameter(key, OSSL_PKEY_PARAM_RSA_E, 0);
		b = number_parameter(key, OSSL_PKEY_PARAM_RSA_N, 0);
		if (a != NULL && b != NULL)
			jwk = json_pack(
			    "{s:s, s:s, s:s}", "kty", "RSA", "e", a, "n", b);
	}
	free(a);
	free(b);
	return jwk;
}

static char *
sha256_base64url(const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	size_t length;

	if (EVP_Q_digest(
		NULL, "SHA256", NULL, text, strlen(text), digest, &length) != 1)
		return NULL;
	return base64url_encode(digest, length);
}

char *
jose_thumbprint(const EVP_PKEY *key)
{
	json_t *jwk = jose_jwk(key);
	/* RFC 7638 section 3: members in lexical order, no white space. */
	char *text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
	char *thumbprint = text == NULL ? NULL : sha256_base64url(text);

	free(text);
	json_decref(jwk);
	return thumbprint;
}

char *
jose_dns01_value(const char *token, const char *thumbprint)
{
	size_t size = strlen(token) + 1 + strlen(thumbprint) + 1;
	char *key_authorization = malloc(size);
	char *value;

	if (key_authorization == NULL)
		return NULL;
	snprintf(key_authorization, size, "%s.%s", token, thumbprint);
	value = sha256_base64url(key_authorization);
	free(key_authorization);
	return value;
}

/*
 * ECDSA signatures are r and s side by side, each padded to its full length
 * (RFC 7518 section 3.4), not the DER that OpenSSL gives.
 */
static char *
raw_ecdsa(const unsigned char *der, size_t length, size_t bytes)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
	unsigned char raw[2 * 48];
	char *text = NULL;

	if (signature != NULL && 2 * bytes <= sizeof(raw) &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, (int)bytes) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + bytes, (int)bytes) >
		0)
		text = base64url_encode(raw, 2 * bytes);
	ECDSA_SIG_free(signature);
	return text;
}

/* The signature over text in base64url; the caller frees. */
static char *
sign(EVP_PKEY *key, const char *text)
{
	const struct algorithm *algorithm = algorithm_of(key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const unsigned char *data = (const unsigned char *)text;
	unsigned char *signature = NULL;
	char *encoded = NULL;
	size_t length = 0;

	if (context != NULL && algorithm != NULL &&
	    EVP_DigestSignInit_ex(
		context, NULL, algorithm->digest, NULL, NULL, key, NULL) == 1 &&
	    EVP_DigestSign(context, NULL, &length, data, strlen(text)) == 1)
		signature = malloc(length);
	if (signature != NULL && EVP_DigestSign(context, signature, &length,
				     data, strlen(text)) == 1)
		encoded = algorithm->coordinate_bytes != 0
			      ? raw_ecdsa(signature, length,
				    algorithm->coordinate_bytes)
			      : base64url_encode(signature, length);
	free(signature);
	EVP_MD_CTX_free(context);
	return encoded;
}

/* The protected header with its "alg", in base64url; the caller frees. */
static char *
encode_header(const EVP_PKEY *key, json_t *protected_header)
{
	json_t *header = json_copy(protected_header);
	char *text = NULL, *encoded = NULL;

	if (header != NULL && json_object_set_new(header, "alg",
				  json_string(jose_algorithm(key))) == 0)
		text = json_dumps(header, JSON_COMPACT);
	if (text != NULL)
		encoded = base64url_encode(text, strlen(text));
	free(text);
	json_decref(header);
	return encoded;
}

json_t *
jose_sign(
    EVP_PKEY *key, json_t *protected_header, const char *payload, size_t length)
{
	char *header = encode_header(key, protected_header);
	char *body = base64url_encode(payload, length);
	char *input = NULL, *signature = NULL;
	json_t *jws = NULL;

	if (header != NULL && body != NULL) {
		size_t size = strlen(header) + 1 + strlen(body) + 1;

		input = malloc(size);
		if (input != NULL) {
			snprintf(input, size, "%s.%s", header, body);
			signature = sign(key, input);
		}
	}
	if (signature != NULL)
		jws = json_pack("{s:s, s:s, s:s}", "protected", header,
		    "payload", body, "signature", signature);
	free(signature);
	free(input);
	free(body);
	free(header);
	return jws;
}
