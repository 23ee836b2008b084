/* SPDX-License-Identifier: ISC */
/*
 * A command on another machine, by the ssh(1) of the system: its
 * configuration, agent, known hosts and jump hosts are the operator's.
 */
#ifndef SSH_H
#define SSH_H

#include <stddef.h>

#include <jansson.h>

/* What ssh(1) gives back when it can't connect, and no command of ours. */
#define SSH_NO_CONNECTION 255

struct ssh {
	const char *host;      /* ssh_host_fault() found no fault */
	const json_t *options; /* array of strings, more for ssh; or NULL */
	const char *directory; /* relative paths in options are taken there */
};

/* Why this can't be a destination for ssh, or NULL when it can. */
const char *ssh_host_fault(const char *host);

/*
 * The text as one word of a POSIX shell; holds for every string.  NULL when
 * out of memory; the caller frees.
 */
char *ssh_quote(const char *text);

/*
 * Has the login shell on the host run command, with these bytes on its stdin,
 * and waits for its end.  *output is what it printed on stdout, as a string;
 * its stderr is ours.  The caller ignores SIGPIPE, and frees *output.
 *
 * Returns 0 with the command's exit status in *remote, which ssh passes on;
 * EX_OSERR or EX_UNAVAILABLE when ssh can't be run or was killed, EX_PROTOCOL
 * for an output of more than 64 KiB or with a NUL, the message printed.
 */
int ssh_run(const struct ssh *ssh, const char *command, const void *input,
    size_t length, char **output, int *remote);

#endif
