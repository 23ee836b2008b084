/* SPDX-License-Identifier: ISC */
#include "file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "message.h"

static int
read_all(int fd, const char *path, char **text, size_t *length)
{
	size_t used = 0;
	char *buffer = malloc(FILE_MAX + 1);

	if (buffer == NULL)
		return message_no_memory();
	for (;;) {
		ssize_t n = read(fd, buffer + used, FILE_MAX + 1 - used);

		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			used += (size_t)n;
		if (n < 0 || used > FILE_MAX) {
			int status = message_fail(EX_NOINPUT, "%s: %s", path,
			    n < 0 ? strerror(errno) : "larger than 1 MiB");

			OPENSSL_cleanse(buffer, used);
			free(buffer);
			return status;
		}
	}
	buffer[used] = '\0';
	*text = buffer;
	if (length != NULL)
		*length = used;
	return 0;
}

static int
check_private(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return message_fail(
		    EX_NOINPUT, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode) && (st.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return message_fail(EX_NOPERM,
		    "%s: a secret, but its mode "
		    "%04o lets others at it: chmod 600 it",
		    path, (unsigned int)st.st_mode & 07777);
	return 0;
}

static int
read_file(const char *path, bool secret, char **text, size_t *length)
{
	int status = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return message_fail(
		    EX_NOINPUT, "%s: %s", path, strerror(errno));
	if (secret)
		status = check_private(fd, path);
	if (status == 0)
		status = read_all(fd, path, text, length);
	close(fd);
	return status;
}

int
file_read(const char *path, char **text, size_t *length)
{
	return read_file(path, false, text, length);
}

int
file_read_secret(const char *path, char **text, size_t *length)
{
	return read_file(path, true, text, length);
}

void
file_free_secret(char *text)
{
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

/* The directory of path; the caller frees. */
static char *
directory_of(const char *path)
{
	char *copy = strdup(path);
	char *directory;

	if (copy == NULL)
		return NULL;
	directory = strdup(dirname(copy));
	free(copy);
	return directory;
}

/* A new name lasts only once its directory is synced. */
static int
sync_directory(const char *path)
{
	char *directory = directory_of(path);
	int fd, result = -1;

	if (directory == NULL)
		return -1;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		result = fsync(fd);
		close(fd);
	}
	free(directory);
	return result;
}

static int
write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

static int
fill(int fd, const void *data, size_t length, mode_t mode)
{
	/* mkstemp() made it 0600: wider only now, and never by the umask. */
	if (write_all(fd, data, length) != 0 || fchmod(fd, mode) != 0 ||
	    fsync(fd) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

/* link() refuses an existing name, which rename() would replace. */
static int
publish(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path);
	if (link(temporary, path) != 0)
		return -1;
	return unlink(temporary);
}

static int
write_file(const char *path, const void *data, size_t length, mode_t mode,
    bool replace)
{
	size_t size = strlen(path) + sizeof(".XXXXXX");
	char *temporary = malloc(size);
	int fd, status = 0;

	if (temporary == NULL)
		return message_no_memory();
	snprintf(temporary, size, "%s.XXXXXX", path);
	fd = mkstemp(temporary);
	if (fd == -1 || fill(fd, data, length, mode) != 0 ||
	    publish(temporary, path, replace) != 0) {
		status =
		    message_fail(EX_CANTCREAT, "%s: %s", path, strerror(errno));
		if (fd != -1)
			unlink(temporary);
	} else if (sync_directory(path) != 0)
		status = message_fail(EX_CANTCREAT, "%s: its directory: %s",
		    path, strerror(errno));
	free(temporary);
	return status;
}

int
file_replace(const char *path, const void *data, size_t length, mode_t mode)
{
	return write_file(path, data, length, mode, true);
}

int
file_create(const char *path, const void *data, size_t length, mode_t mode)
{
	return write_file(path, data, length, mode, false);
}

char *
file_beside(const char *base, const char *name)
{
	char *directory, *path;
	size_t size;

	if (name[0] == '/')
		return strdup(name);
	directory = directory_of(base);
	if (directory == NULL)
		return NULL;
	size = strlen(directory) + 1 + strlen(name) + 1;
	path = malloc(size);
	if (path != NULL)
		snprintf(path, size, "%s/%s", directory, name);
	free(directory);
	return path;
}
