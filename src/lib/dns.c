/* SPDX-License-Identifier: ISC */
#include "dns.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <openssl/rand.h>

#include "message.h"

#define DNS_PORT  53
#define TIMEOUT_S 3
/* What crosses every path unfragmented (dnsflagday.net, 2020). */
#define UDP_SIZE 1232
/* RFC 2136 section 2.1 and RFC 1035 section 4.2.1. */
#define UDP_MESSAGE_MAX 512

/* Splits host and port; false when there isn't room. */
static bool
split(const char *text, char host[64], char port[8])
{
	const char *end, *colon = strrchr(text, ':');
	size_t length;

	if (text[0] == '[') {
		text++;
		end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return false;
		colon = end[1] == ':' ? end + 1 : NULL;
	} else {
		/* Two colons without brackets: an IPv6 address, no port. */
		if (colon != NULL && strchr(text, ':') != colon)
			colon = NULL;
		end = colon != NULL ? colon : text + strlen(text);
	}
	length = (size_t)(end - text);
	if (length == 0 || length >= 64)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	return colon == NULL || snprintf(port, 8, "%s", colon + 1) < 8;
}

static void
set_address(
    struct dns_server *server, const struct sockaddr *address, socklen_t length)
{
	char host[64] = "?", port[8] = "?";

	memset(server, 0, sizeof(*server));
	memcpy(&server->address, address, length);
	server->length = length;
	(void)getnameinfo(address, length, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(server->text, sizeof(server->text),
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
}

int
dns_server_parse(
    const char *text, unsigned int default_port, struct dns_server *server)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_DGRAM,
	};
	struct addrinfo *found;
	char host[64], port[8];

	snprintf(port, sizeof(port), "%u", default_port);
	if (!split(text, host, port) ||
	    getaddrinfo(host, port, &hints, &found) != 0)
		return message_fail(EX_USAGE,
		    "%s: not the address of a "
		    "server, as 192.0.2.53:53",
		    text);
	set_address(server, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

static int
system_resolver(struct dns_server *resolver)
{
	ldns_resolver *system = NULL;
	struct sockaddr_storage *address;
	size_t length;

	if (ldns_resolver_new_frm_file(&system, NULL) != LDNS_STATUS_OK)
		return message_fail(EX_CONFIG, "/etc/resolv.conf: names no "
					       "resolver that can be asked");
	if (ldns_resolver_nameserver_count(system) == 0) {
		ldns_resolver_deep_free(system);
		return message_fail(EX_CONFIG, "/etc/resolv.conf: names no "
					       "resolver");
	}
	address = ldns_rdf2native_sockaddr_storage(
	    ldns_resolver_nameservers(system)[0], DNS_PORT, &length);
	ldns_resolver_deep_free(system);
	if (address == NULL)
		return message_no_memory();
	set_address(
	    resolver, (const struct sockaddr *)address, (socklen_t)length);
	free(address);
	return 0;
}

int
dns_resolver(struct dns_server *resolver)
{
	const char *configured = getenv("CERTRIG_RESOLVER");

	if (configured != NULL)
		return dns_server_parse(configured, DNS_PORT, resolver);
	return system_resolver(resolver);
}

/* An answer to another message is no answer: 12 bytes are a header. */
static bool
answers(const uint8_t *wire, size_t size, const ldns_pkt *message)
{
	return size >= 12 && LDNS_ID_WIRE(wire) == ldns_pkt_id(message) &&
	       LDNS_QR_WIRE(wire) &&
	       LDNS_OPCODE_WIRE(wire) == ldns_pkt_get_opcode(message);
}

typedef ldns_status sender(uint8_t **, ldns_buffer *,
    const struct sockaddr_storage *, socklen_t, struct timeval, size_t *);

/* 0, or -1 with why; never an answer that isn't this message's. */
static int
send_by(sender *send, const struct dns_server *server, ldns_buffer *query,
    const ldns_pkt *message, uint8_t **wire, size_t *size,
    char why[DNS_WHY_SIZE])
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	ldns_status status;

	*wire = NULL;
	*size = 0;
	status =
	    send(wire, query, &server->address, server->length, timeout, size);
	if (status == LDNS_STATUS_OK && answers(*wire, *size, message))
		return 0;
	snprintf(why, DNS_WHY_SIZE, "%s",
	    status == LDNS_STATUS_OK ? "its answer is to another question"
				     : "no answer");
	free(*wire);
	*wire = NULL;
	return -1;
}

int
dns_exchange(const struct dns_server *server, const ldns_pkt *message,
    bool tcp_only, uint8_t **wire, size_t *size, char why[DNS_WHY_SIZE])
{
	ldns_buffer *query = ldns_buffer_new(LDNS_MAX_PACKETLEN);
	int result = -1;

	if (query == NULL ||
	    ldns_pkt2buffer_wire(query, message) != LDNS_STATUS_OK) {
		snprintf(why, DNS_WHY_SIZE, "the message can't be made");
		ldns_buffer_free(query);
		return -1;
	}
	if (!tcp_only && ldns_buffer_position(query) <= UDP_MESSAGE_MAX)
		result = send_by(
		    ldns_udp_send, server, query, message, wire, size, why);
	if (result == 0 && LDNS_TC_WIRE(*wire)) {
		free(*wire);
		result = -1;
	}
	if (result != 0)
		result = send_by(
		    ldns_tcp_send, server, query, message, wire, size, why);
	ldns_buffer_free(query);
	return result;
}

static ldns_pkt *
make_query(const char *name, ldns_rr_type type, bool recursive)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	ldns_pkt *query;
	uint16_t id;

	if (owner == NULL)
		return NULL;
	query = ldns_pkt_query_new(
	    owner, type, LDNS_RR_CLASS_IN, recursive ? LDNS_RD : 0);
	if (query == NULL) {
		ldns_rdf_deep_free(owner);
		return NULL;
	}
	/* ldns's own ids come from random(3) where it has no better. */
	if (RAND_bytes((unsigned char *)&id, sizeof(id)) != 1) {
		ldns_pkt_free(query);
		return NULL;
	}
	ldns_pkt_set_id(query, id);
	ldns_pkt_set_edns_udp_size(query, UDP_SIZE);
	return query;
}

/* Whether the answer repeats the question. */
static bool
same_question(const ldns_pkt *answer, const ldns_pkt *query)
{
	const ldns_rr_list *asked = ldns_pkt_question(query);
	const ldns_rr_list *repeated = ldns_pkt_question(answer);

	return ldns_rr_list_rr_count(repeated) == 1 &&
	       ldns_rr_compare(ldns_rr_list_rr(asked, 0),
		   ldns_rr_list_rr(repeated, 0)) == 0;
}

int
dns_ask(const struct dns_server *server, const char *name, ldns_rr_type type,
    bool recursive, ldns_pkt **answer, char why[DNS_WHY_SIZE])
{
	ldns_pkt *query = make_query(name, type, recursive);
	uint8_t *wire = NULL;
	size_t size;
	int result = -1;

	*answer = NULL;
	if (query == NULL)
		snprintf(why, DNS_WHY_SIZE, "%s can't be asked for", name);
	else
		result = dns_exchange(server, query, false, &wire, &size, why);
	if (result == 0 &&
	    (ldns_wire2pkt(answer, wire, size) != LDNS_STATUS_OK ||
		!same_question(*answer, query))) {
		snprintf(why, DNS_WHY_SIZE, "its answer can't be read");
		ldns_pkt_free(*answer);
		*answer = NULL;
		result = -1;
	}
	free(wire);
	ldns_pkt_free(query);
	return result;
}

/* The name as text without its final dot; the caller frees. */
static char *
name_text(const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name);
	size_t length = text == NULL ? 0 : strlen(text);

	if (length > 1 && text[length - 1] == '.')
		text[length - 1] = '\0';
	return text;
}

static char *
soa_owner(const ldns_rr_list *section)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
			return name_text(ldns_rr_owner(rr));
	}
	return NULL;
}

char *
dns_answered_zone(const ldns_pkt *answer)
{
	char *zone = soa_owner(ldns_pkt_answer(answer));

	return zone != NULL ? zone : soa_owner(ldns_pkt_authority(answer));
}

bool
dns_is_alias(const ldns_pkt *answer, const char *name)
{
	const ldns_rr_list *section = ldns_pkt_answer(answer);
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	bool alias = false;

	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME &&
		    ldns_dname_compare(ldns_rr_owner(rr), owner) == 0)
			alias = true;
	}
	ldns_rdf_deep_free(owner);
	return alias;
}

static void
add_addresses(const ldns_pkt *answer, ldns_rr_type type, unsigned int port,
    struct dns_servers *servers)
{
	const ldns_rr_list *section = ldns_pkt_answer(answer);

	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);
		struct sockaddr_storage *address;
		size_t length;

		if (ldns_rr_get_type(rr) != type ||
		    servers->count == DNS_SERVERS_MAX)
			continue;
		address = ldns_rdf2native_sockaddr_storage(
		    ldns_rr_rdf(rr, 0), (uint16_t)port, &length);
		if (address == NULL)
			continue;
		set_address(&servers->server[servers->count++],
		    (const struct sockaddr *)address, (socklen_t)length);
		free(address);
	}
}

/* Both kinds of address of one name server. */
static int
find_addresses(const struct dns_server *resolver, const char *name,
    unsigned int port, struct dns_servers *servers)
{
	static const ldns_rr_type types[] = {
		LDNS_RR_TYPE_A,
		LDNS_RR_TYPE_AAAA,
	};
	size_t before = servers->count;
	char why[DNS_WHY_SIZE];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		ldns_pkt *answer;

		if (dns_ask(resolver, name, types[i], true, &answer, why) != 0)
			return message_fail(EX_TEMPFAIL, "%s: resolver %s: %s",
			    name, resolver->text, why);
		add_addresses(answer, types[i], port, servers);
		ldns_pkt_free(answer);
	}
	if (servers->count == before)
		message_warn("%s: a name server without an address", name);
	return 0;
}

static int
find_zone(const struct dns_server *resolver, const char *name, char **zone)
{
	char why[DNS_WHY_SIZE];
	ldns_pkt *answer;

	*zone = NULL;
	if (dns_ask(resolver, name, LDNS_RR_TYPE_SOA, true, &answer, why) != 0)
		return message_fail(EX_TEMPFAIL, "%s: resolver %s: %s", name,
		    resolver->text, why);
	if (ldns_pkt_get_rcode(answer) == LDNS_RCODE_NOERROR ||
	    ldns_pkt_get_rcode(answer) == LDNS_RCODE_NXDOMAIN)
		*zone = dns_answered_zone(answer);
	ldns_pkt_free(answer);
	if (*zone == NULL)
		return message_fail(EX_TEMPFAIL,
		    "%s: resolver %s doesn't know "
		    "its zone",
		    name, resolver->text);
	return 0;
}

int
dns_find_servers(const struct dns_server *resolver, const char *name,
    unsigned int port, struct dns_servers *servers)
{
	char why[DNS_WHY_SIZE];
	ldns_pkt *answer = NULL;
	char *zone;
	int status = find_zone(resolver, name, &zone);

	servers->count = 0;
	if (status != 0)
		return status;
	if (dns_ask(resolver, zone, LDNS_RR_TYPE_NS, true, &answer, why) != 0)
		status = message_fail(EX_TEMPFAIL, "%s: resolver %s: %s", zone,
		    resolver->text, why);
	for (size_t i = 0;
	     status == 0 && i < ldns_rr_list_rr_count(ldns_pkt_answer(answer));
	     i++) {
		const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(answer), i);
		char *server;

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_NS)
			continue;
		server = name_text(ldns_rr_rdf(rr, 0));
		status = server == NULL
			     ? message_no_memory()
			     : find_addresses(resolver, server, port, servers);
		free(server);
	}
	if (status == 0 && servers->count == 0)
		status = message_fail(EX_TEMPFAIL,
		    "%s: no address of its name "
		    "servers is known",
		    zone);
	ldns_pkt_free(answer);
	free(zone);
	return status;
}

/* One TXT record's character-strings, joined, are this value. */
static bool
is_value(const ldns_rr *rr, const char *value)
{
	size_t left = strlen(value);

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const uint8_t *string = ldns_rdf_data(ldns_rr_rdf(rr, i));
		size_t length = string[0];

		if (length > left || memcmp(value, string + 1, length) != 0)
			return false;
		value += length;
		left -= length;
	}
	return left == 0;
}

bool
dns_has_txt(const struct dns_server *server, const char *name,
    const char *value, bool authoritative, char why[DNS_WHY_SIZE])
{
	const ldns_rr_list *section;
	size_t values = 0;
	bool found = false;
	ldns_pkt *answer;

	if (dns_ask(server, name, LDNS_RR_TYPE_TXT, !authoritative, &answer,
		why) != 0)
		return false;
	section = ldns_pkt_answer(answer);
	for (size_t i = 0; i < ldns_rr_list_rr_count(section); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(section, i);

		if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_TXT)
			continue;
		values++;
		found = found || is_value(rr, value);
	}
	if (found && authoritative && !ldns_pkt_aa(answer)) {
		snprintf(why, DNS_WHY_SIZE, "it isn't authoritative");
		found = false;
	} else if (!found) {
		char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(answer));

		snprintf(why, DNS_WHY_SIZE, "%s, %zu other TXT value%s",
		    rcode == NULL ? "?" : rcode, values,
		    values == 1 ? "" : "s");
		free(rcode);
	}
	ldns_pkt_free(answer);
	return found;
}
