/* SPDX-License-Identifier: ISC */
/*
 * acme-account: registers an account at a CA, or looks one up, and writes
 * account.json (RFC 8555 section 7.3).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "account.h"
#include "acme.h"
#include "document.h"
#include "key.h"
#include "message.h"
#include "sandbox.h"

struct options {
	bool show;
	bool agree;
	const char *account;   /* of show, or NULL */
	const char *key;       /* or NULL */
	const char *type;      /* of a new key, or NULL */
	const char *directory; /* or NULL */
	json_t *contact;       /* array of mailto: URLs */
};

static int
usage(void)
{
	fprintf(stderr,
	    "usage: acme-account new [-vy] -k key [-m mailto:address] "
	    "[-t type] directory-url\n"
	    "       acme-account show [-v] -a account.json\n"
	    "       acme-account show [-v] -k key directory-url\n");
	return EX_USAGE;
}

/* RFC 8555 section 7.3: one address, no header fields. */
static int
add_contact(json_t *contact, const char *url)
{
	if (strncmp(url, "mailto:", 7) != 0 || strpbrk(url, ",? ") != NULL ||
	    strchr(url, '@') == NULL)
		return message_fail(EX_USAGE,
		    "-m %s: not mailto: and one "
		    "address",
		    url);
	if (json_array_append_new(contact, json_string(url)) != 0)
		return message_no_memory();
	return 0;
}

static int
parse_flags(int argc, char *argv[], struct options *options)
{
	int c, status = 0;

	while (status == 0 && (c = getopt(argc, argv,
				   options->show ? "a:k:v" : "k:m:t:vy")) != -1)
		switch (c) {
		case 'a':
			options->account = optarg;
			break;
		case 'k':
			options->key = optarg;
			break;
		case 'm':
			status = add_contact(options->contact, optarg);
			break;
		case 't':
			options->type = optarg;
			status = key_check_type(optarg);
			break;
		case 'v':
			message_verbose();
			break;
		case 'y':
			options->agree = true;
			break;
		default:
			return usage();
		}
	return status;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int status;

	if (argc < 2 ||
	    (strcmp(argv[1], "new") != 0 && strcmp(argv[1], "show") != 0))
		return usage();
	options->show = strcmp(argv[1], "show") == 0;
	status = parse_flags(argc - 1, argv + 1, options);
	if (status != 0)
		return status;
	/* getopt() counted from the verb. */
	options->directory = argv[1 + optind];
	if ((options->account != NULL) == (options->key != NULL) ||
	    (options->key != NULL) != (options->directory != NULL) ||
	    (options->directory != NULL && argv[2 + optind] != NULL))
		return usage();
	if (options->directory != NULL &&
	    strncmp(options->directory, "https://", 8) != 0)
		return message_fail(
		    EX_USAGE, "%s: not an https URL", options->directory);
	return 0;
}

/* Nobody agrees to terms but the operator (section 7.3). */
static int
check_terms(
    struct acme *acme, const struct options *options, const char **terms)
{
	int status = acme_terms(acme, terms);

	if (status == 0 && *terms != NULL && !options->agree)
		status = message_fail(EX_NOPERM,
		    "the CA's terms of service "
		    "are at %s: read them, and give -y to agree",
		    *terms);
	return status;
}

/*
 * newAccount answers with the account that has this key: a new one, or with
 * onlyReturnExisting the one there is.  *answer is the caller's to free.
 */
static int
post_account(struct acme *acme, const struct options *options,
    struct acme_answer *answer)
{
	const char *url;
	json_t *payload = options->show
			      ? json_pack("{s:b}", "onlyReturnExisting", 1)
			      : json_pack("{s:b}", "termsOfServiceAgreed", 1);
	int status = 0;

	if (payload == NULL ||
	    (json_array_size(options->contact) > 0 &&
		json_object_set(payload, "contact", options->contact) != 0))
		status = message_no_memory();
	if (status == 0)
		status = acme_resource(acme, "newAccount", &url);
	if (status == 0)
		status = acme_post(acme, "account", url, payload, NULL, answer);
	json_decref(payload);
	if (status == 0 && answer->location == NULL) {
		acme_answer_free(answer);
		status = message_fail(EX_PROTOCOL, "account: the CA doesn't "
						   "say where it is");
	}
	return status;
}

/* account.json, with the CA's view of it when it is shown. */
static json_t *
describe(const struct options *options, const char *directory, const char *key,
    const char *terms, const struct acme_answer *answer)
{
	json_t *account = json_pack("{s:s, s:s, s:s, s:s*}", "directory",
	    directory, "account", answer->location, "key", key,
	    "termsOfService", terms);
	json_t *contact = json_object_get(answer->json, "contact");
	json_t *state = json_object_get(answer->json, "status");

	if (json_array_size(contact) > 0)
		json_object_set(account, "contact", contact);
	if (options->show && json_is_string(state))
		json_object_set(account, "status", state);
	return account;
}

static int
register_or_look_up(const struct options *options, const char *directory,
    const char *key_name, EVP_PKEY *key, json_t **account)
{
	struct acme_answer answer;
	struct acme *acme;
	const char *terms = NULL;
	int status = acme_open(directory, key, NULL, &acme);

	if (status == 0 && !options->show)
		status = check_terms(acme, options, &terms);
	if (status == 0)
		status = post_account(acme, options, &answer);
	if (status == 0) {
		*account =
		    describe(options, directory, key_name, terms, &answer);
		if (*account == NULL)
			status = message_no_memory();
		acme_answer_free(&answer);
	}
	acme_close(acme);
	return status;
}

static int
run(const struct options *options, json_t **account)
{
	struct account known = { 0 };
	EVP_PKEY *key = NULL;
	int status;

	if (options->account != NULL) {
		status = account_read(options->account, &known);
		if (status == 0)
			status = register_or_look_up(options, known.directory,
			    known.key_name, known.key, account);
		account_free(&known);
		return status;
	}
	status = options->show
		     ? key_load(options->key, &key)
		     : key_load_or_create(options->key, options->type, &key);
	if (status == 0)
		status = register_or_look_up(
		    options, options->directory, options->key, key, account);
	EVP_PKEY_free(key);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options = { .contact = json_array() };
	json_t *account = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0)
		status = run(&options, &account);
	if (status == 0)
		status = document_write(stdout, account);
	json_decref(account);
	json_decref(options.contact);
	return status;
}
