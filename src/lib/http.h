/* SPDX-License-Identifier: ISC */
/*
 * HTTPS requests, one after the other over one connection, by libcurl: TLS
 * verified, no redirect followed, sizes and times limited.  The trust store
 * is the system's, or the file named by CURL_CA_BUNDLE or SSL_CERT_FILE.
 * Functions return 0 or a sysexits status, the message printed.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stddef.h>

struct http;

struct http_request {
	const char *method; /* "GET", "HEAD" or "POST" */
	const char *url;
	const char *body;	  /* of a POST, NUL-terminated */
	const char *content_type; /* of the body */
	const char *accept;	  /* or NULL */
};

struct http_response {
	long status;
	char *body;	    /* NUL-terminated */
	size_t length;	    /* without the NUL; at most 1 MiB */
	char *content_type; /* these three may be NULL */
	char *location;
	char *replay_nonce;
	long retry_after_s; /* 0 when there is none */
};

/* The caller closes; *http is NULL on failure. */
int http_open(struct http **http);
void http_close(struct http *http);

/*
 * Fills response, which http_response_free() empties; 0 for every answer of
 * whatever HTTP status.  EX_TEMPFAIL when there is none, EX_PROTOCOL when it
 * is too large or the server can't be trusted.
 */
int http_send(struct http *http, const struct http_request *request,
    struct http_response *response);
void http_response_free(struct http_response *response);

#endif
