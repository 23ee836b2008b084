/* SPDX-License-Identifier: ISC */
/*
 * Pushes a key and its chain to a server: runs cert-receive there, which it
 * brings along, and looks at what the server presents afterwards.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certificate.h"
#include "config.h"
#include "document.h"
#include "file.h"
#include "key.h"
#include "message.h"
#include "names.h"
#include "receive.h"
#include "sandbox.h"
#include "served.h"
#include "ssh.h"
#include "tls.h"

/* Reloads go on in the background: so long may the old one be served. */
#define GRACE_S	   10
#define CONNECT_MS 5000

/* Bytes, as no compiler has to take a string of this length. */
static const unsigned char script[] = {
#include "cert-receive.inc"
	'\0'
};

struct options {
	const char *config;
	const char *key; /* NULL: a document on stdin */
	const char *chain;
};

/* push.json */
struct target {
	struct receiver receiver;
	json_t *config;	    /* push.json; owns what isn't owned below */
	char *directory;    /* push.json's */
	const char *verify; /* "host:port" or NULL */
	char *verify_host;
	char *verify_port;
};

/* What is pushed. */
struct pair {
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	const X509 *leaf;
	struct names names;
	char fingerprint[FINGERPRINT_SIZE];
};

static struct options
parse_options(int argc, char *argv[])
{
	struct options options = { .config = NULL };
	int option;

	while ((option = getopt(argc, argv, "c:v")) != -1) {
		if (option == 'c')
			options.config = optarg;
		else if (option == 'v')
			message_verbose();
		else
			optind = argc + 1;
	}
	if (options.config == NULL ||
	    (argc - optind != 0 && argc - optind != 2) ||
	    (argc == optind && isatty(STDIN_FILENO))) {
		fputs(
		    "usage: cert-push -c push.json [-v] [KEY CERT]\n", stderr);
		exit(EX_USAGE);
	}
	if (optind < argc) {
		options.key = argv[optind];
		options.chain = argv[optind + 1];
	}
	return options;
}

static int
check_receiver(const char *path, const struct receiver *receiver)
{
	const char *fault = ssh_host_fault(receiver->ssh.host);
	const json_t *options = receiver->ssh.options, *option;
	size_t index;

	if (fault != NULL)
		return message_fail(EX_CONFIG, "%s: \"host\" %s", path, fault);
	fault = receiver_dir_fault(receiver->dir);
	if (fault != NULL)
		return message_fail(EX_CONFIG, "%s: \"dir\" %s", path, fault);
	if (options != NULL && !json_is_array(options))
		return message_fail(
		    EX_CONFIG, "%s: \"ssh\" is not an array", path);
	json_array_foreach (options, index, option)
		if (!json_is_string(option))
			return message_fail(EX_CONFIG,
			    "%s: \"ssh\" holds "
			    "something other than strings",
			    path);
	return 0;
}

/* target_free() frees what this leaves in target, failed or not. */
static int
load_target(const char *path, struct target *target)
{
	struct receiver *receiver = &target->receiver;
	json_t *options = NULL;
	int status = config_read(path, &target->config);

	if (status == 0)
		status = config_unpack(path, target->config,
		    "{s:s, s:s, s?s, s?s, s?s, s?o}", "host",
		    &receiver->ssh.host, "dir", &receiver->dir, "test",
		    &receiver->test, "reload", &receiver->reload, "verify",
		    &target->verify, "ssh", &options);
	if (status != 0)
		return status;
	receiver->script = (const char *)script;
	receiver->ssh.options = options;
	receiver->ssh.directory = target->directory = file_beside(path, ".");
	if (target->directory == NULL)
		return message_no_memory();
	if (target->verify != NULL &&
	    !tls_split(
		target->verify, &target->verify_host, &target->verify_port))
		return message_fail(EX_CONFIG,
		    "%s: \"verify\" is not "
		    "host:port",
		    path);
	return check_receiver(path, receiver);
}

static void
target_free(struct target *target)
{
	json_decref(target->config);
	free(target->directory);
	free(target->verify_host);
	free(target->verify_port);
}

static void
pair_free(struct pair *pair)
{
	EVP_PKEY_free(pair->key);
	sk_X509_pop_free(pair->chain, X509_free);
	names_free(&pair->names);
}

/* What messages call the chain of a document. */
static const char document_chain[] = "member \"certificate\"";

static int
load_from_document(struct pair *pair)
{
	const char *pem;
	json_t *document;
	int status = document_read(stdin, &document);

	if (status != 0)
		return status;
	status = document_require(document, "certificate", "key", NULL);
	if (status == 0) {
		pem = document_string(document, "certificate");
		status =
		    chain_parse(document_chain, pem, strlen(pem), &pair->chain);
	}
	if (status == 0)
		status = key_load(document_string(document, "key"), &pair->key);
	json_decref(document);
	return status;
}

/* Nothing goes out that the server couldn't start with. */
static int
check_pair(const char *what, struct pair *pair)
{
	int status;

	pair->leaf = sk_X509_value(pair->chain, 0);
	status = certificate_names(what, pair->leaf, &pair->names);
	if (status == 0 && pair->names.count == 0)
		status = message_fail(EX_DATAERR, "%s: has no name", what);
	if (status == 0)
		status = chain_check(
		    what, pair->chain, &pair->names, pair->key, time(NULL));
	if (status == 0)
		status = certificate_fingerprint(pair->leaf, pair->fingerprint);
	return status;
}

static int
load_pair(const struct options *options, struct pair *pair)
{
	const char *what = options->chain;
	int status;

	if (what == NULL) {
		what = document_chain;
		status = load_from_document(pair);
	} else {
		status = chain_read(what, &pair->chain);
		if (status == 0)
			status = key_load(options->key, &pair->key);
	}
	if (status == 0)
		status = check_pair(what, pair);
	/* To these functions a chain is a CA's answer; here it's the input. */
	return status == EX_PROTOCOL ? EX_DATAERR : status;
}

/* Installed but not served is a failure: the old one goes on expiring. */
static int
verify(const struct target *target, const struct pair *pair)
{
	struct tls_target server = { .host = target->verify_host,
		.port = target->verify_port,
		.timeout_ms = CONNECT_MS };
	char *name;
	int status;

	if (target->verify == NULL)
		return 0;
	name = served_name(&pair->names);
	if (name == NULL)
		return message_no_memory();
	server.server_name = name;
	message_step("%s: asking for %s", target->verify, name);
	status = served_wait(&server, pair->leaf, GRACE_S);
	if (status != 0)
		message_warn(
		    "%s: installed, but not served", target->receiver.ssh.host);
	free(name);
	return status;
}

static json_t *
names_array(const struct names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		if (json_array_append_new(array, json_string(names->name[i])) !=
		    0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* The deployment record. */
static int
write_record(
    const struct target *target, const struct pair *pair, json_t *receipt)
{
	char text[sizeof("9999-12-31T23:59:59Z") + 8] = "";
	time_t now = time(NULL);
	struct tm utc;
	json_t *record;
	int status;

	if (gmtime_r(&now, &utc) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return message_fail(EX_OSERR, "the time can't be told");
	record = json_pack(
	    "{s:s, s:s, s:o, s:s, s:O, s:O, s:O, s:O, s:s?, s:s}", "host",
	    target->receiver.ssh.host, "dir", target->receiver.dir, "names",
	    names_array(&pair->names), "fingerprint", pair->fingerprint,
	    "installed", json_object_get(receipt, "installed"), "previous",
	    json_object_get(receipt, "previous"), "test",
	    json_object_get(receipt, "test"), "reload",
	    json_object_get(receipt, "reload"), "verified", target->verify,
	    "time", text);
	if (record == NULL)
		return message_no_memory();
	status = document_write(stdout, record);
	json_decref(record);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct target target = { .verify = NULL };
	struct pair pair = { .key = NULL };
	json_t *receipt = NULL;
	int status;

	message_start(argv[0]);
	sandbox_start();
	options = parse_options(argc, argv);
	/* A peer that hangs up is an error of write(2), told by name. */
	signal(SIGPIPE, SIG_IGN);

	status = load_target(options.config, &target);
	if (status == 0)
		status = load_pair(&options, &pair);
	if (status == 0)
		status = receiver_install(
		    &target.receiver, pair.key, pair.chain, &receipt);
	if (status == 0)
		status = verify(&target, &pair);
	if (status == 0)
		status = write_record(&target, &pair, receipt);
	json_decref(receipt);
	pair_free(&pair);
	target_free(&target);
	return status;
}
