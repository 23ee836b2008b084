/* SPDX-License-Identifier: ISC */
/*
 * csr-gen: makes a server's private key, unless its file is there already,
 * and the certificate signing request for the document's names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "certificate.h"
#include "document.h"
#include "jose.h"
#include "key.h"
#include "message.h"
#include "sandbox.h"

struct options {
	const char *key;
	const char *type; /* or NULL: any, ec-256 for a new key */
};

static int
usage(void)
{
	fprintf(stderr, "usage: csr-gen [-v] -k key.pem [-t type]\n");
	return EX_USAGE;
}

static int
parse_options(int argc, char *argv[], struct options *options)
{
	int c;

	*options = (struct options){ 0 };
	while ((c = getopt(argc, argv, "k:t:v")) != -1)
		switch (c) {
		case 'k':
			options->key = optarg;
			break;
		case 't':
			if (key_check_type(optarg) != 0)
				return EX_USAGE;
			options->type = optarg;
			break;
		case 'v':
			message_verbose();
			break;
		default:
			return usage();
		}
	if (options->key == NULL || optind != argc || isatty(STDIN_FILENO))
		return usage();
	return 0;
}

static int
set_csr(json_t *document, EVP_PKEY *key)
{
	struct names names = { 0 };
	unsigned char *der = NULL;
	char *text = NULL;
	size_t length;
	int status = document_names(document, &names);

	if (status == 0)
		status = csr_new(key, &names, &der, &length);
	if (status == 0 && (text = base64url_encode(der, length)) == NULL)
		status = message_no_memory();
	if (status == 0)
		status = document_set_string(document, "csr", text);
	free(text);
	OPENSSL_free(der);
	names_free(&names);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	json_t *document = NULL;
	EVP_PKEY *key = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	status = parse_options(argc, argv, &options);
	if (status == 0)
		status = document_read(stdin, &document);
	if (status == 0)
		status = document_require(document, "identifiers", NULL);
	if (status == 0)
		status = key_load_or_create(options.key, options.type, &key);
	if (status == 0)
		status = set_csr(document, key);
	if (status == 0)
		status = document_set_string(document, "key", options.key);
	if (status == 0)
		status = document_write(stdout, document);
	EVP_PKEY_free(key);
	json_decref(document);
	return status;
}
