/* SPDX-License-Identifier: ISC */
/*
 * cert-due: says which certificate files are due for renewal, and why.  One
 * process does it for a whole fleet.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "config.h"
#include "document.h"
#include "due.h"
#include "file.h"
#include "message.h"
#include "number.h"
#include "sandbox.h"
#include "timestamp.h"

#define AGE_MAX_DAYS 3650

struct options {
	const char *expected; /* path, or NULL */
	long age_days;
	time_t now;
	bool json;
	char **files; /* NULL-terminated, maybe empty */
};

static int
usage(void)
{
	fprintf(stderr, "usage: cert-due [-jv] [-c expected.json] [-d days] "
			"[-n time] [file ...]\n");
	return EX_USAGE;
}

static int
parse_days(const char *text, long *days)
{
	if (!number_parse(text, 0, AGE_MAX_DAYS, days))
		return message_fail(EX_USAGE,
		    "-d %s: not a number of days from 0 to %d", text,
		    AGE_MAX_DAYS);
	return 0;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c, status = 0;

	*options = (struct options){
		.age_days = DUE_AGE_DAYS,
		.now = time(NULL),
	};
	while (status == 0 && (c = getopt(argc, argv, "c:d:jn:v")) != -1)
		switch (c) {
		case 'c':
			options->expected = optarg;
			break;
		case 'd':
			status = parse_days(optarg, &options->age_days);
			break;
		case 'j':
			options->json = true;
			break;
		case 'n':
			if (!timestamp_parse(optarg, &options->now))
				status = message_fail(EX_USAGE,
				    "-n %s: not a "
				    "time as 2026-12-01T00:00:00Z",
				    optarg);
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	options->files = argv + optind;
	if (status == 0 && options->files[0] == NULL &&
	    options->expected == NULL)
		return usage();
	return status;
}

/* What one member of expected.json asks for; names starts as {0}. */
static int
unpack_rules(const char *path, json_t *wanted, struct names *names,
    struct due_rules *rules)
{
	json_t *list, *name;
	int days = (int)rules->age_days, status;
	size_t index;

	status = config_unpack(path, wanted, "{s:o, s:s, s?i}", "names", &list,
	    "key", &rules->key_type, "renew_after_days", &days);
	if (status != 0)
		return status;
	json_array_foreach (list, index, name) {
		const char *text = json_string_value(name);

		if (text == NULL || names_add(names, text) != 0)
			return EX_CONFIG;
	}
	rules->age_days = days;
	rules->names = names;
	return 0;
}

/* What can't be read is due; that is a finding, not a failure. */
static void
judge_file(const char *path, const struct due_rules *rules, time_t now,
    struct due_verdict *verdict)
{
	STACK_OF(X509) *chain = NULL;

	*verdict = (struct due_verdict){ .due = true };
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		snprintf(verdict->reason, sizeof(verdict->reason), "missing");
		return;
	}
	if (chain_read(path, &chain) != 0) {
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "it can't be read");
		return;
	}
	(void)due_decide(path, sk_X509_value(chain, 0), rules, now, verdict);
	sk_X509_pop_free(chain, X509_free);
}

static int
report(const struct options *options, const char *name,
    const struct due_verdict *verdict, json_t *list)
{
	if (verdict->due)
		message_step("%s: %s", name, verdict->reason);
	if (!options->json) {
		if (verdict->due && puts(name) == EOF)
			return message_fail(EX_CANTCREAT, "standard output: "
							  "can't be written");
		return 0;
	}
	if (json_array_append_new(list,
		json_pack("{s:s, s:b, s:s, s:I, s:I}", "path", name, "due",
		    verdict->due ? 1 : 0, "reason", verdict->reason, "age_days",
		    (json_int_t)verdict->age_days, "days_left",
		    (json_int_t)verdict->days_left)) != 0)
		return message_no_memory();
	return 0;
}

/* name is as in expected.json or on the command line; wanted may be NULL. */
static int
judge(const struct options *options, const char *name, json_t *wanted,
    json_t *list)
{
	struct due_rules rules = { .age_days = options->age_days };
	struct due_verdict verdict;
	struct names names = { 0 };
	char *path = options->expected != NULL
			 ? file_beside(options->expected, name)
			 : strdup(name);
	int status = path == NULL ? message_no_memory() : 0;

	if (status == 0 && wanted != NULL)
		status =
		    unpack_rules(options->expected, wanted, &names, &rules);
	if (status == 0) {
		judge_file(path, &rules, options->now, &verdict);
		status = report(options, name, &verdict, list);
	}
	names_free(&names);
	free(path);
	return status;
}

static int
judge_all(const struct options *options, json_t *expected, json_t *list)
{
	const char *name;
	json_t *wanted;
	int status = 0;

	if (options->files[0] == NULL) {
		json_object_foreach (expected, name, wanted) {
			status = judge(options, name, wanted, list);
			if (status != 0)
				break;
		}
		return status;
	}
	for (char **file = options->files; status == 0 && *file != NULL; file++)
		status = judge(
		    options, *file, json_object_get(expected, *file), list);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	json_t *expected = NULL, *list = json_array();
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0 && options.expected != NULL)
		status = config_read(options.expected, &expected);
	if (status == 0)
		status = judge_all(&options, expected, list);
	if (status == 0 && options.json)
		status = document_write(stdout, list);
	else if (status == 0 && fflush(stdout) != 0)
		status = message_fail(EX_CANTCREAT, "standard output: can't "
						    "be written");
	json_decref(expected);
	json_decref(list);
	return status;
}
