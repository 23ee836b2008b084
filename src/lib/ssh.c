/* SPDX-License-Identifier: ISC */
#include "ssh.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "message.h"

#define OUTPUT_MAX (64 * 1024)

/* A running ssh and our ends of its pipes; -1 once closed. */
struct child {
	pid_t pid;
	int in;
	int out;
};

/*
 * After the operator's own options, as ssh takes the first of a kind.  A
 * server mustn't get at our agent or display, even where ssh_config says so,
 * and a dead one must be noticed.
 */
static const char *const our_options[] = {
	"-T",
	"-a",
	"-x",
	"-o",
	"BatchMode=yes",
	"-o",
	"ConnectTimeout=30",
	"-o",
	"ServerAliveInterval=15",
};
#define OUR_OPTIONS (sizeof(our_options) / sizeof(our_options[0]))

const char *
ssh_host_fault(const char *host)
{
	if (host[0] == '\0')
		return "is empty";
	if (host[0] == '-')
		return "begins with \"-\"";
	for (const char *c = host; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return "holds white space or a control character";
	return NULL;
}

char *
ssh_quote(const char *text)
{
	static const char quote[] = "'\\''";
	size_t size = strlen("''") + 1;
	char *word, *end;

	for (const char *c = text; *c != '\0'; c++)
		size += *c == '\'' ? strlen(quote) : 1;
	word = malloc(size);
	if (word == NULL)
		return NULL;
	end = word;
	*end++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text != '\'')
			*end++ = *text;
		else {
			memcpy(end, quote, strlen(quote));
			end += strlen(quote);
		}
	}
	*end++ = '\'';
	*end = '\0';
	return word;
}

/* execvp() leaves the strings alone but takes them as not const. */
static char *
borrow(const char *text)
{
	union {
		const char *borrowed;
		char *argument;
	} both = { .borrowed = text };

	return both.argument;
}

/* ssh's arguments: the array is the caller's to free, its strings aren't. */
static char **
arguments_new(const struct ssh *ssh, const char *command)
{
	const json_t *option;
	size_t index, count = 0;
	/* "ssh", "--", the host, the command and the final NULL. */
	char **argument = calloc(
	    json_array_size(ssh->options) + OUR_OPTIONS + 5, sizeof(*argument));

	if (argument == NULL)
		return NULL;
	argument[count++] = borrow("ssh");
	json_array_foreach (ssh->options, index, option)
		argument[count++] = borrow(json_string_value(option));
	for (size_t i = 0; i < OUR_OPTIONS; i++)
		argument[count++] = borrow(our_options[i]);
	argument[count++] = borrow("--");
	argument[count++] = borrow(ssh->host);
	argument[count++] = borrow(command);
	return argument;
}

static void
close_both(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/*
 * A pipe of which ssh gets only what it's given as stdin or stdout, numbered
 * above 2 so that no dup2() there meets another end.  Returns 0 or errno.
 */
static int
pipe_new(int ends[2])
{
	int raw[2], why = 0;

	if (pipe(raw) != 0)
		return errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(raw[i], F_DUPFD_CLOEXEC, 3);
		if (ends[i] == -1)
			why = errno;
	}
	close_both(raw);
	if (why != 0)
		close_both(ends);
	return why;
}

/* In the child: becomes ssh, or tells the parent errno by the pipe. */
static _Noreturn void
become_ssh(const char *directory, char **argument, int in, int out, int trouble)
{
	int why;
	ssize_t told;

	/* What is ignored would stay so in ssh. */
	if (signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
	    dup2(in, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    chdir(directory) == 0)
		execvp(argument[0], argument);
	why = errno;
	told = write(trouble, &why, sizeof(why));
	_exit(told == sizeof(why) ? EX_OSERR : EX_SOFTWARE);
}

/* errno of a child that couldn't become ssh; 0 when it did. */
static int
trouble_read(int fd)
{
	int why = 0;
	ssize_t n;

	do
		n = read(fd, &why, sizeof(why));
	while (n == -1 && errno == EINTR);
	return n == 0 ? 0 : n == sizeof(why) ? why : EIO;
}

/* Forks with these three pipes and closes the child's ends. */
static int
fork_ssh(const struct ssh *ssh, char **argument, int in[2], int out[2],
    int trouble[2], struct child *child)
{
	int why;

	child->pid = fork();
	if (child->pid == 0)
		become_ssh(ssh->directory, argument, in[0], out[1], trouble[1]);
	why = child->pid == -1 ? errno : 0;
	close(in[0]);
	close(out[1]);
	close(trouble[1]);
	child->in = in[1];
	child->out = out[0];
	if (why == 0)
		why = trouble_read(trouble[0]);
	close(trouble[0]);
	return why;
}

static int
start(const struct ssh *ssh, char **argument, struct child *child)
{
	int in[2], out[2], trouble[2];
	int why;

	if ((why = pipe_new(in)) != 0)
		goto err0;
	if ((why = pipe_new(out)) != 0)
		goto err1;
	if ((why = pipe_new(trouble)) != 0)
		goto err2;
	why = fork_ssh(ssh, argument, in, out, trouble, child);
	if (why == 0)
		return 0;
	if (child->pid != -1)
		waitpid(child->pid, NULL, 0);
	close(child->in);
	close(child->out);
	goto err0;

err2:
	close_both(out);
err1:
	close_both(in);
err0:
	return message_fail(EX_OSERR, "can't run ssh: %s", strerror(why));
}

static void
close_end(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

/* Writes what the pipe takes.  When nobody reads, ssh's status says why. */
static void
feed(struct child *child, const char **input, size_t *length)
{
	ssize_t n = write(child->in, *input, *length);

	if (n > 0) {
		*input += n;
		*length -= (size_t)n;
	}
	if (*length == 0 || (n == -1 && errno != EINTR && errno != EAGAIN))
		close_end(&child->in);
}

static void
collect(struct child *child, char *output, size_t *used)
{
	ssize_t n = read(child->out, output + *used, OUTPUT_MAX + 1 - *used);

	if (n > 0)
		*used += (size_t)n;
	if (n == 0 || (n == -1 && errno != EINTR) || *used > OUTPUT_MAX)
		close_end(&child->out);
}

/*
 * Both at once: a command that prints before it has read everything would
 * otherwise wait for us as we wait for it.
 */
static int
exchange(struct child *child, const char *input, size_t length, char *output,
    size_t *used)
{
	int flags = fcntl(child->in, F_GETFL);

	if (flags == -1 || fcntl(child->in, F_SETFL, flags | O_NONBLOCK) == -1)
		return -1;
	if (length == 0)
		close_end(&child->in);
	*used = 0;
	while (child->in != -1 || child->out != -1) {
		struct pollfd fds[] = {
			{ .fd = child->in, .events = POLLOUT },
			{ .fd = child->out, .events = POLLIN },
		};

		if (poll(fds, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (fds[0].revents != 0)
			feed(child, &input, &length);
		if (fds[1].revents != 0)
			collect(child, output, used);
	}
	return 0;
}

/* The exit status of ssh; -1 when a signal ended it. */
static int
wait_for(pid_t pid)
{
	int state;

	while (waitpid(pid, &state, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* Sees a started ssh to its end; the statuses are ssh_run()'s. */
static int
finish(const struct ssh *ssh, struct child *child, const void *input,
    size_t length, char *output, int *remote)
{
	size_t used = 0;
	int why = 0;

	if (exchange(child, input, length, output, &used) != 0)
		why = errno;
	close_end(&child->in);
	close_end(&child->out);
	*remote = wait_for(child->pid);
	if (why != 0)
		return message_fail(
		    EX_OSERR, "%s: %s", ssh->host, strerror(why));
	if (used > OUTPUT_MAX || memchr(output, '\0', used) != NULL)
		return message_fail(EX_PROTOCOL,
		    "%s: the command's output is "
		    "too large or binary",
		    ssh->host);
	if (*remote == -1)
		return message_fail(
		    EX_UNAVAILABLE, "%s: ssh was killed", ssh->host);
	output[used] = '\0';
	return 0;
}

int
ssh_run(const struct ssh *ssh, const char *command, const void *input,
    size_t length, char **output, int *remote)
{
	struct child child = { .pid = -1, .in = -1, .out = -1 };
	char **argument = arguments_new(ssh, command);
	int status;

	*output = malloc(OUTPUT_MAX + 2);
	if (argument == NULL || *output == NULL)
		status = message_no_memory();
	else
		status = start(ssh, argument, &child);
	if (status == 0)
		status = finish(ssh, &child, input, length, *output, remote);
	free(argument);
	if (status != 0) {
		free(*output);
		*output = NULL;
	}
	return status;
}
