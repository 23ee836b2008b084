/* SPDX-License-Identifier: ISC */
/*
 * The document that the filters hand on: certrig-order(5).  It is one JSON
 * object; members that nobody here knows pass through unchanged.  Reading
 * checks the type and form of every member we know, so that what comes after
 * may take them for granted.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "names.h"

/* A TXT record that proves control of a name (RFC 8555 section 8.4). */
struct txt_record {
	const char *name;  /* "_acme-challenge.example.com", no final dot */
	const char *value; /* 43 characters of base64url */
};

/*
 * Reads the one document on a stream up to its end.  The caller decrefs
 * *document.  EX_DATAERR with the member and the fault when it is empty,
 * truncated, or has a known member of a wrong type or form.
 */
int document_read(FILE *stream, json_t **document);

/*
 * Checks that each of these members, a NULL-terminated list, is there.
 * EX_DATAERR with the name of the filter that should have run before.
 */
int document_require(const json_t *document, const char *member, ...)
    __attribute__((sentinel));

/* A string member, borrowed; NULL when it isn't there. */
const char *document_string(const json_t *document, const char *member);

/* Sets a string member: 0 or EX_OSERR. */
int document_set_string(
    json_t *document, const char *member, const char *value);

/* Adds the document's identifiers to names, which starts as {0}. */
int document_names(const json_t *document, struct names *names);

/*
 * The document's TXT records: *records is an array of *count elements that
 * the caller frees; its strings are the document's.
 */
int document_txt(
    const json_t *document, struct txt_record **records, size_t *count);

/* Writes the document and closes the stream: 0 or EX_CANTCREAT. */
int document_write(FILE *stream, const json_t *document);

#endif
