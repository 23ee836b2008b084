/* SPDX-License-Identifier: ISC */
/* JWS, JWK and thumbprints against the vectors of their RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "jose.h"
#include "key.h"

/* RFC 7638 section 3.1. */
static const char rfc7638_n[] =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7"
    "aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA"
    "rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7"
    "d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lF"
    "d2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
static const char rfc7638_thumbprint[] =
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

/* RFC 7515 appendix A.3. */
static const char rfc7515_x[] = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
static const char rfc7515_y[] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
static const char rfc7515_d[] = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
static const char rfc7515_header[] = "eyJhbGciOiJFUzI1NiJ9";
static const char rfc7515_claims[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
    "\"http://example.com/is_root\":true}";
static const char rfc7515_payload[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl"
    "LmNvbS9pc19yb290Ijp0cnVlfQ";
static const char rfc7515_signature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxf"
    "KTUJqPP3-Kg6NU1Q";

static BIGNUM *
number(const char *text)
{
	size_t length;
	unsigned char *bytes = base64url_decode(text, &length);
	BIGNUM *result;

	assert_non_null(bytes);
	result = BN_bin2bn(bytes, (int)length, NULL);
	free(bytes);
	assert_non_null(result);
	return result;
}

static EVP_PKEY *
from_params(const char *type, int selection, OSSL_PARAM_BLD *builder)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(context, &key, selection, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *
rfc7515_key(void)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *x = number(rfc7515_x), *y = number(rfc7515_y);
	BIGNUM *d = number(rfc7515_d);
	unsigned char point[65] = { 4 };
	EVP_PKEY *key;

	BN_bn2binpad(x, point + 1, 32);
	BN_bn2binpad(y, point + 33, 32);
	OSSL_PARAM_BLD_push_utf8_string(
	    builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(
	    builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d);
	key = from_params("EC", EVP_PKEY_KEYPAIR, builder);
	BN_free(x);
	BN_free(y);
	BN_free(d);
	return key;
}

/* Whether a JWS signature, r and s side by side, is the key's over text. */
static int
verifies(EVP_PKEY *key, const char *text, const char *signature)
{
	size_t length;
	unsigned char *raw = base64url_decode(signature, &length), *der = NULL;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int half = (int)length / 2, size, result;

	ECDSA_SIG_set0(pair, BN_bin2bn(raw, half, NULL),
	    BN_bin2bn(raw + half, half, NULL));
	size = i2d_ECDSA_SIG(pair, &der);
	EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL);
	result = EVP_DigestVerify(context, der, (size_t)size,
	    (const unsigned char *)text, strlen(text));
	EVP_MD_CTX_free(context);
	ECDSA_SIG_free(pair);
	OPENSSL_free(der);
	free(raw);
	return result == 1;
}

static void
thumbprint_of_rfc7638_key(void **state)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n = number(rfc7638_n), *e = number("AQAB");
	EVP_PKEY *key;
	char *thumbprint;

	(void)state;
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
	key = from_params("RSA", EVP_PKEY_PUBLIC_KEY, builder);
	thumbprint = jose_thumbprint(key);
	assert_string_equal(thumbprint, rfc7638_thumbprint);
	free(thumbprint);
	EVP_PKEY_free(key);
	BN_free(n);
	BN_free(e);
}

static void
es256_of_rfc7515_is_made_and_verified(void **state)
{
	EVP_PKEY *key = rfc7515_key();
	json_t *header = json_object(), *jws;
	char input[256];
	const char *signature;

	(void)state;
	snprintf(
	    input, sizeof(input), "%s.%s", rfc7515_header, rfc7515_payload);
	assert_true(verifies(key, input, rfc7515_signature));
	jws = jose_sign(key, header, rfc7515_claims, strlen(rfc7515_claims));
	assert_int_equal(json_object_size(jws), 3);
	assert_string_equal(
	    json_string_value(json_object_get(jws, "protected")),
	    rfc7515_header);
	assert_string_equal(json_string_value(json_object_get(jws, "payload")),
	    rfc7515_payload);
	signature = json_string_value(json_object_get(jws, "signature"));
	assert_true(verifies(key, input, signature));
	/* Another text's signature it isn't. */
	input[0] = 'f';
	assert_false(verifies(key, input, signature));
	json_decref(jws);
	json_decref(header);
	EVP_PKEY_free(key);
}

static void
jwk_of_rfc7515_has_full_coordinates(void **state)
{
	EVP_PKEY *key = rfc7515_key();
	json_t *jwk = jose_jwk(key);

	(void)state;
	assert_string_equal(
	    json_string_value(json_object_get(jwk, "x")), rfc7515_x);
	assert_string_equal(
	    json_string_value(json_object_get(jwk, "y")), rfc7515_y);
	assert_int_equal(json_object_size(jwk), 4);
	json_decref(jwk);
	EVP_PKEY_free(key);
}

/* One signature in 128 has a leading zero byte that DER drops. */
static void
signatures_and_coordinates_keep_leading_zeros(void **state)
{
	static const struct {
		const char *type;
		size_t characters; /* of r and s in base64url */
	} cases[] = { { "ec-256", 86 }, { "ec-384", 128 } };
	json_t *header = json_object();

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (int n = 0; n < 300; n++) {
			EVP_PKEY *key;
			json_t *jws, *jwk;

			assert_int_equal(key_generate(cases[i].type, &key), 0);
			jws = jose_sign(key, header, "", 0);
			jwk = jose_jwk(key);
			assert_int_equal(json_string_length(
					     json_object_get(jws, "signature")),
			    cases[i].characters);
			assert_int_equal(
			    json_string_length(json_object_get(jwk, "x")),
			    cases[i].characters / 2);
			json_decref(jws);
			json_decref(jwk);
			EVP_PKEY_free(key);
		}
	json_decref(header);
}

static void
base64url_of_rfc7515_appendix_c(void **state)
{
	static const unsigned char bytes[] = { 3, 236, 255, 224, 193 };
	char *text = base64url_encode(bytes, sizeof(bytes));
	size_t length;
	unsigned char *again = base64url_decode("A-z_4ME", &length);

	(void)state;
	assert_string_equal(text, "A-z_4ME");
	assert_int_equal(length, sizeof(bytes));
	assert_memory_equal(again, bytes, sizeof(bytes));
	free(text);
	free(again);
}

static void
base64url_refuses_what_it_isnt(void **state)
{
	static const char *const wrong[] = { "A-z_4ME=", "A+z/4ME", "A",
		"A-z_4MF", "A-z 4ME", "A-z_4ME\n",
		"\xc3\xa9"
		"AA" };
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(base64url_decode(wrong[i], &length));
}

/* The value of the key authorization in RFC 8555 section 8.4's form. */
static void
dns01_value_is_the_digest_of_token_and_thumbprint(void **state)
{
	char *value = jose_dns01_value("token", "thumbprint");

	(void)state;
	/* printf token.thumbprint | openssl dgst -sha256 -binary, encoded */
	assert_int_equal(strlen(value), 43);
	assert_string_equal(
	    value, "61rBZ_4knHblO0MNoxFsXZ_eTFUHum0B6IVRbhvUn5I");
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thumbprint_of_rfc7638_key),
		cmocka_unit_test(es256_of_rfc7515_is_made_and_verified),
		cmocka_unit_test(jwk_of_rfc7515_has_full_coordinates),
		cmocka_unit_test(signatures_and_coordinates_keep_leading_zeros),
		cmocka_unit_test(base64url_of_rfc7515_appendix_c),
		cmocka_unit_test(base64url_refuses_what_it_isnt),
		cmocka_unit_test(
		    dns01_value_is_the_digest_of_token_and_thumbprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
