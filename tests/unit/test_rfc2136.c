/* SPDX-License-Identifier: ISC */
/* The form of updates, and which replies are taken for the server's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "rfc2136.h"

static char key_name[] = "certrig.";
static char other_name[] = "other.";
/* 32 bytes each, in base64. */
static char secret[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
static char other_secret[] = "MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

static const struct tsig_key key = { key_name, "hmac-sha256.", secret };

static const struct txt_record record = {
	"_acme-challenge.www.example.com",
	"0123456789012345678901234567890123456789012",
};

static ldns_pkt *
signed_update(void)
{
	ldns_pkt *request = rfc2136_update("example.com", &record, 1, false);

	assert_non_null(request);
	assert_int_equal(ldns_pkt_tsig_sign(request, key.name, key.secret, 300,
			     key.algorithm, NULL),
	    LDNS_STATUS_OK);
	return request;
}

/* A server's NOERROR, signed with this key over the request; by NULL none. */
static uint8_t *
reply_to(const ldns_pkt *request, const struct tsig_key *signer, size_t *size)
{
	ldns_pkt *reply = rfc2136_update("example.com", &record, 0, false);
	uint8_t *wire;

	ldns_pkt_set_id(reply, ldns_pkt_id(request));
	ldns_pkt_set_qr(reply, true);
	if (signer != NULL)
		assert_int_equal(ldns_pkt_tsig_sign(reply, signer->name,
				     signer->secret, 300, signer->algorithm,
				     ldns_rr_rdf(ldns_pkt_tsig(request), 3)),
		    LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt2wire(&wire, reply, size), LDNS_STATUS_OK);
	ldns_pkt_free(reply);
	return wire;
}

/* Whether the reply is taken, with byte `flip` changed (0: none). */
static bool
taken(const struct tsig_key *signer, size_t flip, time_t skew)
{
	ldns_pkt *request = signed_update(), *reply = NULL;
	size_t size;
	uint8_t *wire = reply_to(request, signer, &size);
	bool result;

	if (flip != 0)
		wire[flip] ^= 1;
	result = ldns_wire2pkt(&reply, wire, size) == LDNS_STATUS_OK &&
		 rfc2136_reply_fault(request, reply, wire, size, &key,
		     time(NULL) + skew) == NULL;
	ldns_pkt_free(reply);
	ldns_pkt_free(request);
	free(wire);
	return result;
}

static void
adding_names_one_record_of_class_in(void **state)
{
	ldns_pkt *update = rfc2136_update("example.com", &record, 1, false);
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_authority(update), 0);

	(void)state;
	assert_int_equal(ldns_update_upcount(update), 1);
	assert_int_equal(ldns_update_prcount(update), 0);
	assert_int_equal(ldns_rr_get_class(rr), LDNS_RR_CLASS_IN);
	assert_int_equal(ldns_rr_get_type(rr), LDNS_RR_TYPE_TXT);
	assert_int_equal(ldns_rr_ttl(rr), 60);
	ldns_pkt_free(update);
}

/* Class ANY would delete the whole RRset (RFC 2136 section 2.5.2). */
static void
deleting_names_one_record_of_class_none(void **state)
{
	ldns_pkt *update = rfc2136_update("example.com", &record, 1, true);
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_authority(update), 0);

	(void)state;
	assert_int_equal(ldns_update_upcount(update), 1);
	assert_int_equal(ldns_rr_get_class(rr), LDNS_RR_CLASS_NONE);
	assert_int_equal(ldns_rr_get_type(rr), LDNS_RR_TYPE_TXT);
	assert_int_equal(ldns_rr_ttl(rr), 0);
	assert_int_equal(ldns_rr_rd_count(rr), 1);
	ldns_pkt_free(update);
}

static void
a_reply_signed_with_the_key_is_taken(void **state)
{
	(void)state;
	assert_true(taken(&key, 0, 0));
}

static void
a_reply_without_signature_is_not(void **state)
{
	(void)state;
	assert_false(taken(NULL, 0, 0));
}

static void
a_reply_by_another_key_is_not(void **state)
{
	struct tsig_key other = key;

	(void)state;
	other.secret = other_secret;
	assert_false(taken(&other, 0, 0));
	other = key;
	other.name = other_name;
	assert_false(taken(&other, 0, 0));
	other = key;
	other.algorithm = "hmac-sha512.";
	assert_false(taken(&other, 0, 0));
}

static void
a_reply_changed_on_its_way_is_not(void **state)
{
	(void)state;
	/* A flag, the rcode, and a letter of the zone's name. */
	assert_false(taken(&key, 2, 0));
	assert_false(taken(&key, 3, 0));
	assert_false(taken(&key, 14, 0));
}

static void
a_reply_of_another_time_is_not(void **state)
{
	(void)state;
	assert_true(taken(&key, 0, 290));
	assert_false(taken(&key, 0, 310));
	assert_false(taken(&key, 0, -310));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_names_one_record_of_class_in),
		cmocka_unit_test(deleting_names_one_record_of_class_none),
		cmocka_unit_test(a_reply_signed_with_the_key_is_taken),
		cmocka_unit_test(a_reply_without_signature_is_not),
		cmocka_unit_test(a_reply_by_another_key_is_not),
		cmocka_unit_test(a_reply_changed_on_its_way_is_not),
		cmocka_unit_test(a_reply_of_another_time_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
