/* SPDX-License-Identifier: ISC */
/*
 * What a program says on stderr: one line a message, "program: what: why".
 *
 * The convention of every module here: a function that can fail returns 0, or
 * a status of sysexits.h after it has printed the one message that says why.
 * The caller passes that status on and prints nothing more.
 *
 * Whatever is printed is stripped of control characters, as much of it comes
 * from the network; nobody has to remember to do it.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

/* Names the program after the last component of argv0, which is borrowed. */
void message_start(const char *argv0);

/* From now on message_step() prints. */
void message_verbose(void);

/* Prints "program: ..." and returns status. */
int message_fail(int status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "program: warning: ...": the program goes on. */
void message_warn(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Prints "program: ..." under -v only. */
void message_step(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Shows on a terminal what a long wait is for, on one line that the next
 * message overwrites.  Silent when stderr is no terminal.
 */
void message_progress(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The status for "no memory left", said as every other failure is. */
int message_no_memory(void);

#endif
