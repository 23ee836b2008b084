/* SPDX-License-Identifier: ISC */
/* DNS UPDATE (RFC 2136) signed with TSIG (RFC 8945). */
#include "rfc2136.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "config.h"
#include "dns.h"
#include "file.h"
#include "message.h"
#include "provider.h"

#define TTL_S	60
#define FUDGE_S 300

/* The fields of a TSIG record's data (RFC 8945 section 4.2). */
enum { TSIG_ALGORITHM, TSIG_TIME, TSIG_FUDGE, TSIG_MAC, TSIG_ID, TSIG_ERROR };

/* Extended rcodes that only a TSIG record carries. */
#define BADSIG	16
#define BADKEY	17
#define BADTIME 18

struct rfc2136 {
	struct dns_server server;
	char *zone; /* NULL: to be found by SOA */
	struct tsig_key key;
};

static const struct {
	const char *name, *wire_name;
} algorithms[] = {
	{ "hmac-sha256", "hmac-sha256." },
	{ "hmac-sha512", "hmac-sha512." },
};

static int
set_algorithm(const char *path, const char *name, struct tsig_key *key)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			key->algorithm = algorithms[i].wire_name;
	if (key->algorithm == NULL)
		return message_fail(EX_CONFIG,
		    "%s: algorithm \"%s\": use "
		    "hmac-sha256 or hmac-sha512",
		    path, name);
	return 0;
}

/* ldns takes what isn't base64 for a shorter key: look first. */
static bool
is_base64(const char *text)
{
	size_t length = strlen(text);
	unsigned char *bytes = malloc(length + 1);
	bool valid = bytes != NULL && length > 0 && length % 4 == 0 &&
		     length < FILE_MAX &&
		     EVP_DecodeBlock(
			 bytes, (const unsigned char *)text, (int)length) > 0;

	if (bytes != NULL)
		OPENSSL_cleanse(bytes, length + 1);
	free(bytes);
	return valid;
}

static int
read_secret(const char *path, const char *name, struct tsig_key *key)
{
	char *secret_path = file_beside(path, name);
	int status = secret_path == NULL
			 ? message_no_memory()
			 : file_read_secret(secret_path, &key->secret, NULL);

	if (status == 0) {
		key->secret[strcspn(key->secret, " \t\r\n")] = '\0';
		if (!is_base64(key->secret))
			status = message_fail(EX_CONFIG,
			    "%s: not a secret in "
			    "base64",
			    secret_path);
	}
	free(secret_path);
	return status;
}

static int
set_key_name(const char *path, const char *name, struct tsig_key *key)
{
	ldns_rdf *parsed = ldns_dname_new_frm_str(name);

	if (parsed == NULL)
		return message_fail(EX_CONFIG,
		    "%s: key_name \"%s\" is no "
		    "name",
		    path, name);
	key->name = ldns_rdf2str(parsed);
	ldns_rdf_deep_free(parsed);
	return key->name == NULL ? message_no_memory() : 0;
}

static void
close_rfc2136(void *state)
{
	struct rfc2136 *this = state;

	if (this == NULL)
		return;
	free(this->zone);
	free(this->key.name);
	file_free_secret(this->key.secret);
	free(this);
}

static int
configure(const char *path, json_t *config, struct rfc2136 *this)
{
	const char *provider, *server, *key_name, *secret_file, *zone = NULL;
	const char *algorithm = algorithms[0].name;
	int port = 53;
	int status =
	    config_unpack(path, config, "{s:s, s:s, s?i, s:s, s?s, s:s, s?s}",
		"provider", &provider, "server", &server, "port", &port,
		"key_name", &key_name, "algorithm", &algorithm, "secret_file",
		&secret_file, "zone", &zone);

	if (status == 0 && (port < 1 || port > 65535))
		status = message_fail(EX_CONFIG, "%s: port %d", path, port);
	if (status == 0 &&
	    dns_server_parse(server, (unsigned int)port, &this->server) != 0)
		status = EX_CONFIG;
	if (status == 0 && zone != NULL && name_fault(zone) != NULL)
		status = message_fail(EX_CONFIG, "%s: zone \"%s\": %s", path,
		    zone, name_fault(zone));
	if (status == 0 && zone != NULL && (this->zone = strdup(zone)) == NULL)
		status = message_no_memory();
	if (status == 0)
		status = set_algorithm(path, algorithm, &this->key);
	if (status == 0)
		status = set_key_name(path, key_name, &this->key);
	if (status == 0)
		status = read_secret(path, secret_file, &this->key);
	return status;
}

static int
open_rfc2136(const char *path, json_t *config, void **state)
{
	struct rfc2136 *this = calloc(1, sizeof(*this));
	int status;

	if (this == NULL)
		return message_no_memory();
	status = configure(path, config, this);
	if (status != 0) {
		close_rfc2136(this);
		this = NULL;
	}
	*state = this;
	return status;
}

/* The zone of a record, by what the server says of its SOA; caller frees. */
static int
find_zone(const struct rfc2136 *this, const char *name, char **zone)
{
	const char *server = this->server.text;
	char why[DNS_WHY_SIZE];
	ldns_pkt *answer;
	int status = 0;

	*zone = NULL;
	if (dns_ask(&this->server, name, LDNS_RR_TYPE_SOA, false, &answer,
		why) != 0)
		return message_fail(
		    EX_TEMPFAIL, "%s: server %s: %s", name, server, why);
	/* RFC 2136 section 3.4.2.2: an update at an alias is ignored. */
	if (dns_is_alias(answer, name))
		status = message_fail(EX_CONFIG,
		    "%s: is an alias (CNAME): no "
		    "TXT record can stand there",
		    name);
	else if (!ldns_pkt_aa(answer) ||
		 (*zone = dns_answered_zone(answer)) == NULL)
		status = message_fail(EX_CONFIG,
		    "%s: server %s has no zone "
		    "for it",
		    name, server);
	ldns_pkt_free(answer);
	if (status == 0 && this->zone != NULL) {
		free(*zone);
		*zone = strdup(this->zone);
		if (*zone == NULL)
			status = message_no_memory();
	}
	return status;
}

/* Class, TTL and data say whether a record is added or deleted. */
static ldns_rr *
make_rr(const struct txt_record *record, bool delete)
{
	ldns_rr *rr = ldns_rr_new_frm_type(LDNS_RR_TYPE_TXT);
	ldns_rdf *owner = ldns_dname_new_frm_str(record->name);
	ldns_rdf *data = NULL;

	/* 43 characters of base64url need no quoting. */
	if (rr == NULL || owner == NULL ||
	    ldns_str2rdf_str(&data, record->value) != LDNS_STATUS_OK) {
		ldns_rr_free(rr);
		ldns_rdf_deep_free(owner);
		return NULL;
	}
	ldns_rr_set_owner(rr, owner);
	/* RFC 2136 section 2.5.4: NONE deletes this record of the RRset. */
	ldns_rr_set_class(rr, delete ? LDNS_RR_CLASS_NONE : LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, delete ? 0 : TTL_S);
	ldns_rr_set_rdf(rr, data, 0);
	return rr;
}

ldns_pkt *
rfc2136_update(const char *zone, const struct txt_record *records, size_t count,
    bool delete)
{
	ldns_rr_list *none = ldns_rr_list_new(), *update = ldns_rr_list_new();
	ldns_rdf *apex = ldns_dname_new_frm_str(zone);
	bool made = none != NULL && update != NULL && apex != NULL;
	ldns_pkt *packet = NULL;
	uint16_t id;

	for (size_t i = 0; made && i < count; i++) {
		ldns_rr *rr = make_rr(&records[i], delete);

		made = rr != NULL && ldns_rr_list_push_rr(update, rr);
	}
	if (made && RAND_bytes((unsigned char *)&id, sizeof(id)) == 1)
		packet = ldns_update_pkt_new(
		    apex, LDNS_RR_CLASS_IN, none, update, none);
	if (packet != NULL)
		ldns_pkt_set_id(packet, id);
	else
		ldns_rdf_deep_free(apex);
	ldns_rr_list_free(none);
	ldns_rr_list_deep_free(update);
	return packet;
}

static uint64_t
tsig_number(const ldns_rr *tsig, size_t field)
{
	const ldns_rdf *rdf = ldns_rr_rdf(tsig, field);
	uint64_t number = 0;

	for (size_t i = 0; i < ldns_rdf_size(rdf); i++)
		number = number << 8 | ldns_rdf_data(rdf)[i];
	return number;
}

static bool
same_text(const ldns_rdf *rdf, const char *text)
{
	char *found = ldns_rdf2str(rdf);
	bool same = found != NULL && strcasecmp(found, text) == 0;

	free(found);
	return same;
}

const char *
rfc2136_reply_fault(const ldns_pkt *request, ldns_pkt *reply,
    const uint8_t *wire, size_t size, const struct tsig_key *key, time_t now)
{
	const ldns_rr *tsig = ldns_pkt_tsig(reply);
	const ldns_rdf *mac = ldns_rr_rdf(ldns_pkt_tsig(request), TSIG_MAC);
	uint64_t signed_at, clock = (uint64_t)now;

	if (tsig == NULL || ldns_rr_rd_count(tsig) <= TSIG_ERROR)
		return "its reply isn't signed";
	if (!same_text(ldns_rr_owner(tsig), key->name) ||
	    !same_text(ldns_rr_rdf(tsig, TSIG_ALGORITHM), key->algorithm))
		return "its reply is signed with another key";
	/* ldns compares the MAC; the clock it leaves to us. */
	if (!ldns_pkt_tsig_verify(
		reply, wire, size, key->name, key->secret, mac))
		return "its reply's signature is wrong";
	signed_at = tsig_number(tsig, TSIG_TIME);
	if (signed_at > clock + FUDGE_S || clock > signed_at + FUDGE_S)
		return "its reply was signed at another time: are both "
		       "clocks right?";
	return NULL;
}

/* What an error in the TSIG record means; NULL for none. */
static const char *
tsig_error(const ldns_pkt *reply)
{
	const ldns_rr *tsig = ldns_pkt_tsig(reply);

	if (tsig == NULL || ldns_rr_rd_count(tsig) <= TSIG_ERROR)
		return NULL;
	switch (tsig_number(tsig, TSIG_ERROR)) {
	case BADSIG:
		return "BADSIG: the secret isn't the server's";
	case BADKEY:
		return "BADKEY: the server has no key of this name and "
		       "algorithm";
	case BADTIME:
		return "BADTIME: the clocks here and there differ";
	default:
		return NULL;
	}
}

/* The status for a refusal, which may be unsigned: it grants nothing. */
static int
refused(const struct rfc2136 *this, const char *zone, const ldns_pkt *reply)
{
	ldns_pkt_rcode rcode = ldns_pkt_get_rcode(reply);
	const char *detail = tsig_error(reply);
	char *name = ldns_pkt_rcode2str(rcode);
	int status = EX_PROTOCOL;

	if (rcode == LDNS_RCODE_REFUSED || rcode == LDNS_RCODE_NOTAUTH)
		status = EX_NOPERM;
	else if (rcode == LDNS_RCODE_NOTZONE)
		status = EX_CONFIG;
	else if (rcode == LDNS_RCODE_SERVFAIL)
		status = EX_TEMPFAIL;
	message_fail(status, "zone %s: server %s refuses the update: %s%s%s",
	    zone, this->server.text, name == NULL ? "?" : name,
	    detail == NULL ? "" : ", ", detail == NULL ? "" : detail);
	free(name);
	return status;
}

static int
judge(const struct rfc2136 *this, const char *zone, const ldns_pkt *request,
    const uint8_t *wire, size_t size)
{
	const char *fault;
	ldns_pkt *reply;
	int status = 0;

	if (ldns_wire2pkt(&reply, wire, size) != LDNS_STATUS_OK)
		return message_fail(EX_PROTOCOL,
		    "zone %s: server %s: its "
		    "reply can't be read",
		    zone, this->server.text);
	if (ldns_pkt_get_rcode(reply) != LDNS_RCODE_NOERROR)
		status = refused(this, zone, reply);
	else {
		fault = rfc2136_reply_fault(
		    request, reply, wire, size, &this->key, time(NULL));
		if (fault != NULL)
			status = message_fail(EX_PROTOCOL,
			    "zone %s: server "
			    "%s: %s",
			    zone, this->server.text, fault);
	}
	ldns_pkt_free(reply);
	return status;
}

static int
send_update(const struct rfc2136 *this, const char *zone, ldns_pkt *request)
{
	char why[DNS_WHY_SIZE];
	uint8_t *wire;
	size_t size;
	int status;

	if (request == NULL ||
	    ldns_pkt_tsig_sign(request, this->key.name, this->key.secret,
		FUDGE_S, this->key.algorithm, NULL) != LDNS_STATUS_OK)
		return message_fail(EX_SOFTWARE,
		    "zone %s: the update can't be "
		    "signed",
		    zone);
	if (dns_exchange(&this->server, request, false, &wire, &size, why) != 0)
		return message_fail(EX_TEMPFAIL, "zone %s: server %s: %s", zone,
		    this->server.text, why);
	status = judge(this, zone, request, wire, size);
	free(wire);
	return status;
}

/* One update for each run of records in the same zone. */
static int
update(struct rfc2136 *this, const struct txt_record *records, size_t count,
    bool delete)
{
	size_t done = 0;

	while (done < count) {
		char *zone, *next = NULL;
		size_t end = done + 1;
		ldns_pkt *request;
		int status = find_zone(this, records[done].name, &zone);

		for (; status == 0 && end < count; end++) {
			status = find_zone(this, records[end].name, &next);
			if (status != 0 || strcasecmp(zone, next) != 0)
				break;
			free(next);
			next = NULL;
		}
		free(next);
		if (status == 0) {
			request = rfc2136_update(
			    zone, records + done, end - done, delete);
			status = send_update(this, zone, request);
			ldns_pkt_free(request);
		}
		free(zone);
		if (status != 0)
			return status;
		done = end;
	}
	return 0;
}

static int
add(void *state, const struct txt_record *records, size_t count)
{
	return update(state, records, count, false);
}

static int delete (void *state, const struct txt_record *records, size_t count)
{
	return update(state, records, count, true);
}

const struct provider_kind provider_rfc2136 = {
	"rfc2136",
	open_rfc2136,
	add,
	delete,
	close_rfc2136,
};
