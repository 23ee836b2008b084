/* SPDX-License-Identifier: ISC */
/*
 * dns-txt-set: publishes the document's TXT records at a DNS provider, or
 * with -d deletes exactly those.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "document.h"
#include "message.h"
#include "provider.h"
#include "sandbox.h"

struct options {
	const char *dns;
	bool delete;
};

static int
usage(void)
{
	fprintf(stderr, "usage: dns-txt-set [-dv] -c dns.json\n");
	return EX_USAGE;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c;

	*options = (struct options){ 0 };
	while ((c = getopt(argc, argv, "c:dv")) != -1)
		switch (c) {
		case 'c':
			options->dns = optarg;
			break;
		case 'd':
			options->delete = true;
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	if (options->dns == NULL || optind != argc || isatty(STDIN_FILENO))
		return usage();
	return 0;
}

static int
set_records(const struct options *options, const json_t *document)
{
	struct txt_record *records = NULL;
	struct provider *provider = NULL;
	size_t count;
	int status = document_txt(document, &records, &count);

	/* Every name was proven before: there is nothing to publish. */
	if (status == 0 && count > 0)
		status = provider_open(options->dns, &provider);
	for (size_t i = 0; status == 0 && i < count; i++)
		message_step("%s %s TXT %s", options->delete ? "delete" : "add",
		    records[i].name, records[i].value);
	if (status == 0 && count > 0)
		status = options->delete
			     ? provider_delete(provider, records, count)
			     : provider_add(provider, records, count);
	provider_close(provider);
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
		status = set_records(&options, document);
	if (status == 0)
		status = document_write(stdout, document);
	json_decref(document);
	return status;
}
