/* SPDX-License-Identifier: ISC */
#include "receive.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "message.h"

const char *
receiver_dir_fault(const char *dir)
{
	if (dir[0] != '/')
		return "is not an absolute path";
	if (dir[strspn(dir, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789._/+@-")] !=
	    '\0')
		return "has characters other than letters, digits and ._/+@-";
	return NULL;
}

/* The private key, then the chain; freeing it wipes it.  NULL on failure. */
static BIO *
pair_pem(const EVP_PKEY *key, STACK_OF(X509) *chain)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	bool written = bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL,
					  NULL, 0, NULL, NULL) == 1;

	for (int i = 0; written && i < sk_X509_num(chain); i++)
		written = PEM_write_bio_X509(bio, sk_X509_value(chain, i)) == 1;
	if (written)
		return bio;
	BIO_free(bio);
	return NULL;
}

/* Appends " -x 'value'"; false when out of memory. */
static bool
append(FILE *command, const char *before, const char *value)
{
	char *word = value == NULL ? NULL : ssh_quote(value);
	bool done = value == NULL || (word != NULL && fprintf(command, "%s%s",
							  before, word) > 0);

	free(word);
	return done;
}

/* What the login shell over there is to run; the caller frees. */
static char *
command_new(const struct receiver *receiver)
{
	char *command = NULL;
	size_t size;
	FILE *stream = open_memstream(&command, &size);
	bool done;

	if (stream == NULL)
		return NULL;
	done = append(stream, "exec sh -c ", receiver->script) &&
	       append(stream, " cert-receive -d ", receiver->dir) &&
	       append(stream, " -t ", receiver->test) &&
	       append(stream, " -r ", receiver->reload);
	if (fclose(stream) == 0 && done)
		return command;
	free(command);
	return NULL;
}

static int
remote_failure(const char *host, int remote)
{
	if (remote == SSH_NO_CONNECTION)
		return message_fail(EX_TEMPFAIL,
		    "%s: ssh could not connect, "
		    "or lost the connection (255)",
		    host);
	return message_fail(
	    remote >= EX__BASE && remote <= EX__MAX ? remote : EX_UNAVAILABLE,
	    "%s: not installed: cert-receive there ended with "
	    "status %d",
	    host, remote);
}

static bool
string_or_null(const json_t *value)
{
	return json_is_null(value) || json_is_string(value);
}

/*
 * Parses cert-receive's line: the last one, as a login shell's profile may
 * have said something before.
 */
static int
parse_answer(const char *host, char *answer, json_t **receipt)
{
	size_t length = strlen(answer);
	const char *line;

	if (length > 0 && answer[length - 1] == '\n')
		answer[length - 1] = '\0';
	line = strrchr(answer, '\n');
	*receipt = json_loads(
	    line == NULL ? answer : line + 1, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_string(json_object_get(*receipt, "installed")) &&
	    string_or_null(json_object_get(*receipt, "previous")) &&
	    string_or_null(json_object_get(*receipt, "test")) &&
	    string_or_null(json_object_get(*receipt, "reload")))
		return 0;
	json_decref(*receipt);
	return message_fail(EX_PROTOCOL,
	    "%s: what ran there isn't "
	    "cert-receive: its answer is no record",
	    host);
}

/* The command's status and answer; the key leaves memory on return. */
static int
run(const struct receiver *receiver, const char *command, const EVP_PKEY *key,
    STACK_OF(X509) *chain, char **answer)
{
	BIO *bio = pair_pem(key, chain);
	char *pem;
	long length;
	int remote, status;

	if (bio == NULL)
		return message_fail(EX_CONFIG,
		    "the private key can't be "
		    "exported, so it can't be pushed");
	length = BIO_get_mem_data(bio, &pem);
	message_step("%s: installing in %s", receiver->ssh.host, receiver->dir);
	status = ssh_run(
	    &receiver->ssh, command, pem, (size_t)length, answer, &remote);
	BIO_free(bio);
	if (status == 0 && remote != 0) {
		free(*answer);
		status = remote_failure(receiver->ssh.host, remote);
	}
	return status;
}

int
receiver_install(const struct receiver *receiver, const EVP_PKEY *key,
    STACK_OF(X509) *chain, json_t **receipt)
{
	char *command = command_new(receiver);
	char *answer;
	int status;

	if (command == NULL)
		return message_no_memory();
	status = run(receiver, command, key, chain, &answer);
	free(command);
	if (status != 0)
		return status;
	status = parse_answer(receiver->ssh.host, answer, receipt);
	free(answer);
	return status;
}
