/* SPDX-License-Identifier: ISC */
/*
 * acme-order: creates an order for some names at the CA and says which TXT
 * records prove it.  The first filter of the pipe.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "account.h"
#include "acme.h"
#include "document.h"
#include "jose.h"
#include "message.h"
#include "names.h"
#include "order.h"
#include "sandbox.h"

struct options {
	const char *account;
	const char *profile; /* or NULL */
	char **names;	     /* NULL-terminated, maybe empty */
};

static int
usage(void)
{
	fprintf(stderr, "usage: acme-order [-v] -a account.json [-p profile] "
			"[name ...]\n");
	return EX_USAGE;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c;

	*options = (struct options){ 0 };
	while ((c = getopt(argc, argv, "a:p:v")) != -1)
		switch (c) {
		case 'a':
			options->account = optarg;
			break;
		case 'p':
			options->profile = optarg;
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	options->names = argv + optind;
	if (options->account == NULL ||
	    (options->names[0] == NULL && isatty(STDIN_FILENO)))
		return usage();
	return 0;
}

static json_t *
identifiers(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		if (json_array_append_new(
			array, json_pack("{s:s, s:s}", "type", "dns", "value",
				   names->name[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* A document for the names on the command line. */
static int
new_document(char **arguments, json_t **document)
{
	struct names names = { 0 };
	int status = 0;

	for (; status == 0 && *arguments != NULL; arguments++)
		status = names_add(&names, *arguments);
	if (status == 0 && names.count > NAMES_MAX)
		status = message_fail(EX_DATAERR,
		    "%zu names: a certificate "
		    "has room for %d",
		    names.count, NAMES_MAX);
	if (status == 0) {
		*document =
		    json_pack("{s:o}", "identifiers", identifiers(&names));
		if (*document == NULL)
			status = message_no_memory();
	}
	names_free(&names);
	return status;
}

static int
get_document(const struct options *options, json_t **document)
{
	int status;

	if (options->names[0] != NULL)
		status = new_document(options->names, document);
	else {
		status = document_read(stdin, document);
		if (status == 0)
			status =
			    document_require(*document, "identifiers", NULL);
	}
	if (status == 0 && options->profile != NULL)
		status =
		    document_set_string(*document, "profile", options->profile);
	return status;
}

/* A document that has an order must be of this account. */
static int
bind_account(const struct account *account, json_t *document)
{
	int status = account_check(account, document);

	if (status == 0)
		status = document_set_string(
		    document, "directory", account->directory);
	if (status == 0)
		status = document_set_string(document, "account", account->url);
	return status;
}

static int
place_order(const struct account *account, json_t *document)
{
	char *thumbprint = jose_thumbprint(account->key);
	struct acme *acme;
	int status =
	    acme_open(account->directory, account->key, account->url, &acme);

	if (status == 0 && thumbprint == NULL)
		status = message_no_memory();
	if (status == 0) {
		acme_offer_nonce(acme, document_string(document, "nonce"));
		status = order_create(acme, document);
	}
	if (status == 0)
		status = order_fetch_authorizations(acme, document, thumbprint);
	if (status == 0)
		status = acme_keep_nonce(acme, document);
	acme_close(acme);
	free(thumbprint);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct account account = { 0 };
	json_t *document = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0)
		status = get_document(&options, &document);
	if (status == 0)
		status = account_read(options.account, &account);
	if (status == 0)
		status = bind_account(&account, document);
	if (status == 0)
		status = place_order(&account, document);
	if (status == 0)
		status = document_write(stdout, document);
	account_free(&account);
	json_decref(document);
	return status;
}
