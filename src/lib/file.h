/* SPDX-License-Identifier: ISC */
/*
 * Files that are read whole, and files that are written whole or not at all.
 * Functions return 0 or a sysexits status, the message printed (message.h).
 */
#ifndef FILE_H
#define FILE_H

#include <stddef.h>
#include <sys/types.h>

/* No file that a person or a CA hands us is larger, in bytes. */
#define FILE_MAX (1024 * 1024)

/*
 * Reads a file of at most FILE_MAX bytes.  *text is NUL-terminated, *length
 * excludes that NUL (length may be NULL); the caller frees.  EX_NOINPUT when
 * it can't be opened.
 */
int file_read(const char *path, char **text, size_t *length);

/*
 * The same for a secret: refused with EX_NOPERM when users outside the file's
 * group can read it, or anybody but its owner can write it.  The caller frees
 * with file_free_secret().
 */
int file_read_secret(const char *path, char **text, size_t *length);

/* Wipes and frees; text may be NULL. */
void file_free_secret(char *text);

/*
 * Replaces path by these bytes: a temporary file beside it, with that mode
 * from its first byte, is synced and renamed, and the directory synced.
 * EX_CANTCREAT on failure; path is then what it was.
 */
int file_replace(
    const char *path, const void *data, size_t length, mode_t mode);

/* As file_replace(), but never replaces: EX_CANTCREAT if path exists. */
int file_create(const char *path, const void *data, size_t length, mode_t mode);

/*
 * The path that name has when it stands in the file base: relative names are
 * taken from base's own directory.  NULL when out of memory; the caller frees.
 */
char *file_beside(const char *base, const char *name);

#endif
