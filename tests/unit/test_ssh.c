/* SPDX-License-Identifier: ISC */
/*
 * What ssh_quote() writes, a real shell reads back as one word; and ssh_run()
 * with programs that stand for ssh(1).
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "ssh.h"

static const char *const hostile[] = {
	"",
	" ",
	"plain",
	"two words",
	"it's",
	"'",
	"''",
	"'''; echo owned; '",
	"'\\''",
	"\"double\"",
	"$(echo owned)",
	"`echo owned`",
	"$HOME ${HOME} $$ $?",
	"\\",
	"\\\\",
	"a\\",
	"\\n\\t\\0",
	"line\nline",
	"\n",
	"a\n",
	"\ttab\r\v\f",
	"-n",
	"--",
	"-e x",
	"; echo owned",
	"&& echo owned || | > < & # !",
	"*",
	"?[a-z]~{a,b}",
	"%s%n",
	"\x01\x1b[31m\x7f",
	"\xc3\xa9 \xff\xfe",
};
#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

/* What `printf %s WORD` prints under sh -c, in text. */
static void
shell_says(const char *word, char *text, size_t size)
{
	char command[4096];
	FILE *shell;
	size_t length;
	int n = snprintf(command, sizeof(command), "printf '%%s.' %s", word);

	assert_in_range(n, 1, sizeof(command) - 1);
	shell = popen(command, "r");
	assert_non_null(shell);
	length = fread(text, 1, size - 1, shell);
	text[length] = '\0';
	assert_int_equal(pclose(shell), 0);
}

static void
quoted_words_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		char *word = ssh_quote(hostile[i]);
		char expected[256], text[256];

		assert_non_null(word);
		snprintf(expected, sizeof(expected), "%s.", hostile[i]);
		shell_says(word, text, sizeof(text));
		assert_string_equal(text, expected);
		free(word);
	}
}

/* As the script is for sshd's shell, and its arguments for sh -c. */
static void
quoting_twice_survives_two_shells(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		char *inner = ssh_quote(hostile[i]);
		char command[1024], expected[256], text[256];
		char *outer;

		assert_non_null(inner);
		snprintf(command, sizeof(command), "printf %%s %s", inner);
		outer = ssh_quote(command);
		assert_non_null(outer);
		snprintf(
		    command, sizeof(command), "\"$(sh -c %s; echo x)\"", outer);
		snprintf(expected, sizeof(expected), "%sx\n.", hostile[i]);
		shell_says(command, text, sizeof(text));
		/* $(...) took the last newline away. */
		expected[strlen(expected) - 2] = '.';
		expected[strlen(expected) - 1] = '\0';
		assert_string_equal(text, expected);
		free(outer);
		free(inner);
	}
}

static void
hosts_that_are_options_are_refused(void **state)
{
	(void)state;
	assert_null(ssh_host_fault("web1"));
	assert_null(ssh_host_fault("deploy@web1.example.com"));
	assert_null(ssh_host_fault("2001:db8::1"));
	assert_non_null(ssh_host_fault(""));
	assert_non_null(ssh_host_fault("-oProxyCommand=id"));
	assert_non_null(ssh_host_fault("web1 -v"));
	assert_non_null(ssh_host_fault("web1\n"));
	assert_non_null(ssh_host_fault("\x7f"));
}

/* A directory whose "ssh" is this script is the whole PATH, more or less. */
static int
enter_fake(void **state)
{
	static char directory[] = "/tmp/test_ssh.XXXXXX";

	signal(SIGPIPE, SIG_IGN);
	*state = directory;
	return mkdtemp(directory) == NULL || setenv("PATH", directory, 1) != 0;
}

static int
leave_fake(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/ssh", (const char *)*state);
	return (unlink(path) != 0 && errno != ENOENT) || rmdir(*state) != 0;
}

static void
fake_ssh(const char *directory, const char *script)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ssh", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", script);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static void
arguments_directory_and_stdin_arrive(void **state)
{
	json_t *options = json_pack("[s, s]", "-F", "a file");
	struct ssh ssh = {
		.host = "web1", .options = options, .directory = *state
	};
	char expected[512];
	char *output;
	int remote;

	fake_ssh(*state, "pwd; printf '%s|' \"$@\"; cat; exit 7");
	assert_int_equal(
	    ssh_run(&ssh, "do 'it'", "input", 5, &output, &remote), 0);
	snprintf(expected, sizeof(expected),
	    "%s\n-F|a file|-T|-a|-x|-o|"
	    "BatchMode=yes|-o|ConnectTimeout=30|-o|ServerAliveInterval=15|"
	    "--|web1|do 'it'|input",
	    (const char *)*state);
	assert_string_equal(output, expected);
	assert_int_equal(remote, 7);
	free(output);
	json_decref(options);
}

/* More than a pipe holds, in both directions, while neither side waits. */
static void
much_input_and_no_reader_are_fine(void **state)
{
	static char input[512 * 1024];
	struct ssh ssh = { .host = "web1", .directory = "." };
	char *output;
	int remote;

	memset(input, 'x', sizeof(input));
	fake_ssh(*state, "head -c 60000 /dev/zero | tr '\\0' y; wc -c");
	assert_int_equal(
	    ssh_run(&ssh, "", input, sizeof(input), &output, &remote), 0);
	assert_int_equal(remote, 0);
	assert_int_equal(strspn(output, "y"), 60000);
	assert_int_equal(strtol(output + 60000, NULL, 10), sizeof(input));
	free(output);

	fake_ssh(*state, "exit 255");
	assert_int_equal(
	    ssh_run(&ssh, "", input, sizeof(input), &output, &remote), 0);
	assert_int_equal(remote, SSH_NO_CONNECTION);
	assert_string_equal(output, "");
	free(output);
}

static void
strange_ends_are_failures(void **state)
{
	struct ssh ssh = { .host = "web1", .directory = "." };
	char *output;
	int remote;

	fake_ssh(*state, "yes");
	assert_int_equal(
	    ssh_run(&ssh, "", "", 0, &output, &remote), EX_PROTOCOL);
	assert_null(output);
	fake_ssh(*state, "printf 'a\\0b'");
	assert_int_equal(
	    ssh_run(&ssh, "", "", 0, &output, &remote), EX_PROTOCOL);
	fake_ssh(*state, "kill -9 $$");
	assert_int_equal(
	    ssh_run(&ssh, "", "", 0, &output, &remote), EX_UNAVAILABLE);
	ssh.directory = "/nonexistent";
	assert_int_equal(ssh_run(&ssh, "", "", 0, &output, &remote), EX_OSERR);
	assert_null(output);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_words_round_trip),
		cmocka_unit_test(quoting_twice_survives_two_shells),
		cmocka_unit_test(hosts_that_are_options_are_refused),
	};
	const struct CMUnitTest runs[] = {
		cmocka_unit_test(arguments_directory_and_stdin_arrive),
		cmocka_unit_test(much_input_and_no_reader_are_fine),
		cmocka_unit_test(strange_ends_are_failures),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return failed + cmocka_run_group_tests(runs, enter_fake, leave_fake) !=
	       0;
}
