/* SPDX-License-Identifier: ISC */
/*
 * cert-receive on another machine: what it is given and what it answers.
 */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "ssh.h"

struct receiver {
	struct ssh ssh;
	const char *script; /* cert-receive itself, which is sent along */
	const char *dir;    /* receiver_dir_fault() found no fault */
	const char *test;   /* shell commands, or NULL */
	const char *reload;
};

/* Why cert-receive wouldn't take this for its -d, or NULL if it would. */
const char *receiver_dir_fault(const char *dir);

/*
 * Installs a key and its chain there.  *receipt is what cert-receive(1) has
 * printed: "installed", a string, and "previous", "test" and "reload", each a
 * string or null; the caller decrefs.  Its failure is returned as it ended,
 * and a failure to connect as EX_TEMPFAIL, the message printed.  The caller
 * ignores SIGPIPE.
 */
int receiver_install(const struct receiver *receiver, const EVP_PKEY *key,
    STACK_OF(X509) *chain, json_t **receipt);

#endif
