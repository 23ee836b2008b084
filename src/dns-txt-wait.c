/* SPDX-License-Identifier: ISC */
/*
 * dns-txt-wait: waits until every authoritative server of each name answers
 * with the document's TXT records, so that the CA will see them too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "dns.h"
#include "document.h"
#include "message.h"
#include "number.h"
#include "sandbox.h"

#define LIMIT_DEFAULT_S 300
#define LIMIT_MAX_S	86400
#define PAUSE_FIRST_MS	250
#define PAUSE_MAX_MS	10000
#define DNS_PORT	53

struct options {
	long limit_s;
	struct dns_servers servers; /* of -s */
};

/* One record at one server. */
struct check {
	const struct txt_record *record;
	struct dns_server server;
	bool seen;
	char why[DNS_WHY_SIZE];
};

struct checks {
	size_t count;
	struct check *check;
	bool authoritative;
};

static int
usage(void)
{
	fprintf(stderr, "usage: dns-txt-wait [-v] [-s server[:port]]... "
			"[-t seconds]\n");
	return EX_USAGE;
}

static int
add_server(struct options *options, const char *text)
{
	struct dns_servers *servers = &options->servers;

	if (servers->count == DNS_SERVERS_MAX)
		return message_fail(
		    EX_USAGE, "-s: more than %d servers", DNS_SERVERS_MAX);
	return dns_server_parse(
	    text, DNS_PORT, &servers->server[servers->count++]);
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c, status = 0;

	*options = (struct options){ .limit_s = LIMIT_DEFAULT_S };
	while (status == 0 && (c = getopt(argc, argv, "s:t:v")) != -1)
		switch (c) {
		case 's':
			status = add_server(options, optarg);
			break;
		case 't':
			if (!number_parse(
				optarg, 1, LIMIT_MAX_S, &options->limit_s))
				status = message_fail(EX_USAGE,
				    "-t %s: not a "
				    "number of seconds from 1 to %d",
				    optarg, LIMIT_MAX_S);
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	if (status == 0 && (optind != argc || isatty(STDIN_FILENO)))
		return usage();
	return status;
}

static int
authoritative_port(unsigned int *port)
{
	const char *text = getenv("CERTRIG_DNS_PORT");
	long number = *port;

	if (text != NULL && !number_parse(text, 1, 65535, &number))
		return message_fail(
		    EX_USAGE, "CERTRIG_DNS_PORT=%s: no port", text);
	*port = (unsigned int)number;
	return 0;
}

static int
add_checks(struct checks *checks, const struct txt_record *record,
    const struct dns_servers *servers)
{
	size_t count = checks->count + servers->count;
	struct check *grown = realloc(checks->check, count * sizeof(*grown));

	if (grown == NULL)
		return message_no_memory();
	checks->check = grown;
	for (size_t i = 0; i < servers->count; i++)
		grown[checks->count++] = (struct check){
			.record = record,
			.server = servers->server[i],
		};
	return 0;
}

/*
 * The servers to be asked for a record.  The resolver is asked for the zone
 * of the name that is proven, never for _acme-challenge itself: it would
 * remember for long that there is no such name (RFC 2308).
 */
static int
plan_record(const struct options *options, const struct txt_record *record,
    struct checks *checks)
{
	struct dns_server resolver;
	struct dns_servers found;
	unsigned int port = DNS_PORT;
	int status;

	if (options->servers.count > 0)
		return add_checks(checks, record, &options->servers);
	status = authoritative_port(&port);
	if (status == 0)
		status = dns_resolver(&resolver);
	if (status == 0)
		status = dns_find_servers(
		    &resolver, strchr(record->name, '.') + 1, port, &found);
	if (status == 0)
		status = add_checks(checks, record, &found);
	return status;
}

/* Asks what hasn't been seen yet; returns how many still haven't. */
static size_t
ask_round(struct checks *checks)
{
	size_t missing = 0;

	for (size_t i = 0; i < checks->count; i++) {
		struct check *check = &checks->check[i];

		if (check->seen)
			continue;
		check->seen = dns_has_txt(&check->server, check->record->name,
		    check->record->value, checks->authoritative, check->why);
		message_step("%s: server %s: %s", check->record->name,
		    check->server.text, check->seen ? "seen" : check->why);
		if (!check->seen)
			missing++;
	}
	return missing;
}

static long
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec;
}

static int
report_missing(const struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		const struct check *check = &checks->check[i];

		if (!check->seen)
			message_fail(EX_TEMPFAIL,
			    "%s: not yet at server %s: "
			    "%s",
			    check->record->name, check->server.text,
			    check->why);
	}
	return EX_TEMPFAIL;
}

static int
wait_for(struct checks *checks, long limit_s)
{
	long deadline = now_s() + limit_s, pause_ms = PAUSE_FIRST_MS;
	size_t missing;

	while ((missing = ask_round(checks)) > 0) {
		const struct timespec pause = {
			pause_ms / 1000,
			pause_ms % 1000 * 1000000,
		};

		if (now_s() + pause.tv_sec >= deadline)
			return report_missing(checks);
		message_progress(
		    "%zu of %zu answers are missing", missing, checks->count);
		nanosleep(&pause, NULL);
		pause_ms =
		    pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
	}
	return 0;
}

static int
wait_records(const struct options *options, const json_t *document)
{
	struct checks checks = {
		.authoritative = options->servers.count == 0,
	};
	struct txt_record *records;
	size_t count;
	int status = document_txt(document, &records, &count);

	for (size_t i = 0; status == 0 && i < count; i++)
		status = plan_record(options, &records[i], &checks);
	if (status == 0)
		status = wait_for(&checks, options->limit_s);
	free(checks.check);
	free(records);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	json_t *document = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0)
		status = document_read(stdin, &document);
	if (status == 0)
		status = document_require(document, "txt", NULL);
	if (status == 0)
		status = wait_records(&options, document);
	if (status == 0)
		status = document_write(stdout, document);
	json_decref(document);
	return status;
}
