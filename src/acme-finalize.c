/* SPDX-License-Identifier: ISC */
/*
 * acme-finalize: has the order's names validated, sends the CSR, and fetches
 * and checks the certificate.  It takes up the order wherever it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "acme.h"
#include "certificate.h"
#include "document.h"
#include "jose.h"
#include "message.h"
#include "number.h"
#include "order.h"
#include "sandbox.h"

#define LIMIT_DEFAULT_S 300
#define LIMIT_MAX_S	86400

struct options {
	const char *account;
	long limit_s;
};

static int
usage(void)
{
	fprintf(stderr, "usage: acme-finalize [-v] -a account.json "
			"[-t seconds]\n");
	return EX_USAGE;
}

static int
parse_seconds(const char *text, long *seconds)
{
	if (!number_parse(text, 1, LIMIT_MAX_S, seconds))
		return message_fail(EX_USAGE,
		    "-t %s: not a number of seconds from 1 to %d", text,
		    LIMIT_MAX_S);
	return 0;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c;

	*options = (struct options){ .limit_s = LIMIT_DEFAULT_S };
	while ((c = getopt(argc, argv, "a:t:v")) != -1)
		switch (c) {
		case 'a':
			options->account = optarg;
			break;
		case 't':
			if (parse_seconds(optarg, &options->limit_s) != 0)
				return EX_USAGE;
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	if (options->account == NULL || optind != argc || isatty(STDIN_FILENO))
		return usage();
	return 0;
}

/* The CSR's key, which the certificate must have. */
static int
get_csr_key(
    const json_t *document, const struct account *account, EVP_PKEY **key)
{
	size_t length;
	unsigned char *der =
	    base64url_decode(document_string(document, "csr"), &length);
	int status;

	if (der == NULL)
		return message_fail(EX_DATAERR, "standard input: member "
						"\"csr\" is not base64url");
	status = csr_key(der, length, key);
	free(der);
	if (status == 0 && EVP_PKEY_eq(*key, account->key) == 1)
		/* RFC 8555 section 11.1. */
		status = message_fail(EX_DATAERR,
		    "the CSR has the account's "
		    "key: a server needs a key of its own");
	return status;
}

/* Keeps the chain if it is what was ordered. */
static int
keep_certificate(
    json_t *document, const EVP_PKEY *key, const char *pem, size_t length)
{
	STACK_OF(X509) *chain = NULL;
	struct names names = { 0 };
	char *clean = NULL;
	int status = chain_parse("certificate", pem, length, &chain);

	if (status == 0)
		status = document_names(document, &names);
	if (status == 0)
		status =
		    chain_check("certificate", chain, &names, key, time(NULL));
	if (status == 0 && (clean = chain_pem(chain)) == NULL)
		status = message_no_memory();
	if (status == 0)
		status = document_set_string(document, "certificate", clean);
	free(clean);
	names_free(&names);
	sk_X509_pop_free(chain, X509_free);
	return status;
}

static int
obtain_certificate(const struct options *options, const struct account *account,
    json_t *document, const EVP_PKEY *key)
{
	struct acme_wait wait = acme_wait_start(options->limit_s);
	struct acme *acme;
	char *pem = NULL;
	size_t length = 0;
	int status =
	    acme_open(account->directory, account->key, account->url, &acme);

	if (status != 0)
		return status;
	acme_offer_nonce(acme, document_string(document, "nonce"));
	status = order_validate(acme, document, &wait);
	if (status == 0)
		status = order_issue(acme, document, &wait, &pem, &length);
	if (status == 0)
		status = keep_certificate(document, key, pem, length);
	if (status == 0)
		status = acme_keep_nonce(acme, document);
	free(pem);
	acme_close(acme);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct account account = { 0 };
	json_t *document = NULL;
	EVP_PKEY *key = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0)
		status = document_read(stdin, &document);
	if (status == 0)
		status = document_require(document, "identifiers", "order",
		    "authorizations", "finalize", "csr", NULL);
	if (status == 0)
		status = account_read(options.account, &account);
	if (status == 0)
		status = account_check(&account, document);
	if (status == 0)
		status = get_csr_key(document, &account, &key);
	if (status == 0)
		status = obtain_certificate(&options, &account, document, key);
	if (status == 0)
		status = document_write(stdout, document);
	EVP_PKEY_free(key);
	account_free(&account);
	json_decref(document);
	return status;
}
