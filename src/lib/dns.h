/* SPDX-License-Identifier: ISC */
/*
 * DNS questions to one server at a time, by ldns (RFC 1035): whoever asks
 * knows which server said what.  A name is text without a final dot.
 */
#ifndef DNS_H
#define DNS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ldns/ldns.h>

/* Room for each reason that these functions give. */
#define DNS_WHY_SIZE 200

/* No zone has more; a CA wouldn't ask them all either. */
#define DNS_SERVERS_MAX 64

struct dns_server {
	struct sockaddr_storage address;
	socklen_t length;
	char text[80]; /* "192.0.2.53:53", for messages */
};

struct dns_servers {
	size_t count;
	struct dns_server server[DNS_SERVERS_MAX];
};

/*
 * Reads "ADDRESS", "ADDRESS:PORT", "[ADDRESS]:PORT" or an IPv6 address.
 * Returns 0, or EX_USAGE with the message printed.
 */
int dns_server_parse(
    const char *text, unsigned int default_port, struct dns_server *server);

/*
 * The recursive resolver: CERTRIG_RESOLVER, or the first of /etc/resolv.conf.
 * Returns 0, EX_CONFIG or EX_USAGE with the message printed.
 */
int dns_resolver(struct dns_server *resolver);

/*
 * Sends a message by UDP (unless tcp_only, or it has more than 512 bytes),
 * and by TCP when UDP brings no answer or a truncated one.  The answer's id
 * is the message's.  *wire is freed with free().  Returns 0, or -1 with the
 * reason in why.
 */
int dns_exchange(const struct dns_server *server, const ldns_pkt *message,
    bool tcp_only, uint8_t **wire, size_t *size, char why[DNS_WHY_SIZE]);

/*
 * Asks one question.  *answer, freed with ldns_pkt_free(), is for it.
 * Returns 0, or -1 with the reason in why.
 */
int dns_ask(const struct dns_server *server, const char *name,
    ldns_rr_type type, bool recursive, ldns_pkt **answer,
    char why[DNS_WHY_SIZE]);

/*
 * The apex of the zone that a name is in, by the SOA in an answer to that
 * question: the caller frees.  NULL when the answer has none.
 */
char *dns_answered_zone(const ldns_pkt *answer);

/* Whether the answer holds a CNAME at this name. */
bool dns_is_alias(const ldns_pkt *answer, const char *name);

/*
 * Every address of every name server of the zone that name is in, asked of
 * the resolver; port is theirs.  Returns 0, or a sysexits status with the
 * message printed.
 */
int dns_find_servers(const struct dns_server *resolver, const char *name,
    unsigned int port, struct dns_servers *servers);

/*
 * Whether a server has this value among the name's TXT records, each record's
 * character-strings joined.  Otherwise why says what it said.
 */
bool dns_has_txt(const struct dns_server *server, const char *name,
    const char *value, bool authoritative, char why[DNS_WHY_SIZE]);

#endif
