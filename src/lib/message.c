/* SPDX-License-Identifier: ISC */
#include "message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* One line holds a problem document's detail, and no flood. */
#define LINE_MAX_BYTES 2048

static const char *program = "certrig";
static bool verbose;
static bool progress_shown;

void
message_start(const char *argv0)
{
	const char *slash = argv0 == NULL ? NULL : strrchr(argv0, '/');

	if (slash != NULL)
		program = slash + 1;
	else if (argv0 != NULL)
		program = argv0;
}

void
message_verbose(void)
{
	verbose = true;
}

/*
 * Control characters, those that UTF-8 spells C2 80 to C2 9F included, could
 * move the cursor or retitle the terminal of whoever reads the log.
 */
static void
strip_controls(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = ' ';
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = ' ';
	}
}

__attribute__((format(printf, 3, 0))) static void
print_line(const char *prefix, const char *end, const char *format, va_list ap)
{
	char text[LINE_MAX_BYTES];

	if (vsnprintf(text, sizeof(text), format, ap) < 0)
		return;
	strip_controls(text);
	/* One call a line, so that lines of a pipe's programs don't mix. */
	fprintf(stderr, "%s%s: %s%s%s", progress_shown ? "\r\033[K" : "",
	    program, prefix, text, end);
	progress_shown = false;
}

int
message_fail(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_line("", "\n", format, ap);
	va_end(ap);
	return status;
}

void
message_warn(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print_line("warning: ", "\n", format, ap);
	va_end(ap);
}

void
message_step(const char *format, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, format);
	print_line("", "\n", format, ap);
	va_end(ap);
}

void
message_progress(const char *format, ...)
{
	va_list ap;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(ap, format);
	print_line("", "", format, ap);
	va_end(ap);
	progress_shown = true;
}

int
message_no_memory(void)
{
	return message_fail(EX_OSERR, "out of memory");
}
