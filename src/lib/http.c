/* SPDX-License-Identifier: ISC */
#include "http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <curl/curl.h>

#include "message.h"

#define BODY_MAX	  (1024 * 1024)
#define CONNECT_TIMEOUT_S 15L
#define REQUEST_TIMEOUT_S 60L

struct http {
	CURL *curl;
	char why[CURL_ERROR_SIZE];
};

int
http_open(struct http **http)
{
	*http = calloc(1, sizeof(**http));
	if (*http == NULL)
		return message_no_memory();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    ((*http)->curl = curl_easy_init()) == NULL) {
		free(*http);
		*http = NULL;
		return message_fail(EX_SOFTWARE, "libcurl: can't start");
	}
	return 0;
}

void
http_close(struct http *http)
{
	if (http == NULL)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

static size_t
keep_body(char *data, size_t size, size_t count, void *user)
{
	struct http_response *response = user;
	size_t length = size * count;
	char *grown;

	/* A short count makes libcurl stop with CURLE_WRITE_ERROR. */
	if (length > BODY_MAX - response->length)
		return 0;
	grown = realloc(response->body, response->length + length + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + response->length, data, length);
	response->length += length;
	grown[response->length] = '\0';
	response->body = grown;
	return length;
}

static const char *
trust_store(void)
{
	const char *path = getenv("CURL_CA_BUNDLE");

	return path != NULL ? path : getenv("SSL_CERT_FILE");
}

/* What is the same in every request; false when libcurl refuses any of it. */
static bool
set_common(struct http *http, struct http_response *response)
{
	CURL *curl = http->curl;
	char agent[128];
	const char *store = trust_store();

	/* RFC 8555 section 6.1: name and version of client and library. */
	snprintf(agent, sizeof(agent), "certrig/%s libcurl/%s", VERSION,
	    curl_version_info(CURLVERSION_NOW)->version);
	curl_easy_reset(curl);
	return curl_easy_setopt(curl, CURLOPT_USERAGENT, agent) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
		   CONNECT_TIMEOUT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, REQUEST_TIMEOUT_S) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->why) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body) ==
		   CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, response) ==
		   CURLE_OK &&
	       (store == NULL ||
		   curl_easy_setopt(curl, CURLOPT_CAINFO, store) == CURLE_OK);
}

static bool
add_header(struct curl_slist **headers, const char *name, const char *value)
{
	char line[256];
	struct curl_slist *grown;

	if (snprintf(line, sizeof(line), "%s: %s", name, value) >=
	    (int)sizeof(line))
		return false;
	grown = curl_slist_append(*headers, line);
	if (grown == NULL)
		return false;
	*headers = grown;
	return true;
}

static bool
set_request(struct http *http, const struct http_request *request,
    struct curl_slist **headers)
{
	CURL *curl = http->curl;
	bool set =
	    curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
	    add_header(headers, "Accept-Language", "en");

	if (set && request->accept != NULL)
		set = add_header(headers, "Accept", request->accept);
	if (set && strcmp(request->method, "HEAD") == 0)
		set = curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) == CURLE_OK;
	if (set && strcmp(request->method, "POST") == 0)
		set = add_header(
			  headers, "Content-Type", request->content_type) &&
		      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			  (curl_off_t)strlen(request->body)) == CURLE_OK &&
		      curl_easy_setopt(
			  curl, CURLOPT_POSTFIELDS, request->body) == CURLE_OK;
	return set &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers) == CURLE_OK;
}

/* The last value of a header of the final answer, or NULL; caller frees. */
static char *
copy_header(CURL *curl, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return strdup(header->value);
}

static void
keep_headers(CURL *curl, struct http_response *response)
{
	curl_off_t retry_after_s = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
	/* libcurl reads both its forms, seconds and date. */
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	response->retry_after_s =
	    retry_after_s > 365L * 86400 ? 365L * 86400 : (long)retry_after_s;
	response->content_type = copy_header(curl, "Content-Type");
	response->location = copy_header(curl, "Location");
	response->replay_nonce = copy_header(curl, "Replay-Nonce");
}

static int
explain(
    const struct http *http, const struct http_request *request, CURLcode code)
{
	const char *why =
	    http->why[0] != '\0' ? http->why : curl_easy_strerror(code);

	switch (code) {
	case CURLE_WRITE_ERROR:
		return message_fail(EX_PROTOCOL,
		    "%s: its answer is larger "
		    "than 1 MiB",
		    request->url);
	case CURLE_PEER_FAILED_VERIFICATION:
		return message_fail(EX_PROTOCOL,
		    "%s: not trusted: %s "
		    "(CURL_CA_BUNDLE names another trust store)",
		    request->url, why);
	case CURLE_SSL_CACERT_BADFILE:
		return message_fail(
		    EX_CONFIG, "%s: no trust store: %s", request->url, why);
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return message_fail(
		    EX_DATAERR, "%s: not an https URL", request->url);
	default:
		return message_fail(
		    EX_TEMPFAIL, "%s: no answer: %s", request->url, why);
	}
}

int
http_send(struct http *http, const struct http_request *request,
    struct http_response *response)
{
	struct curl_slist *headers = NULL;
	CURLcode code;
	int status = 0;

	*response = (struct http_response){ 0 };
	http->why[0] = '\0';
	if (!set_common(http, response) ||
	    !set_request(http, request, &headers)) {
		curl_slist_free_all(headers);
		return message_fail(EX_SOFTWARE,
		    "%s: libcurl refuses the "
		    "request",
		    request->url);
	}
	message_step("%s %s", request->method, request->url);
	code = curl_easy_perform(http->curl);
	if (code == CURLE_OK)
		keep_headers(http->curl, response);
	else {
		status = explain(http, request, code);
		http_response_free(response);
	}
	curl_slist_free_all(headers);
	return status;
}

void
http_response_free(struct http_response *response)
{
	free(response->body);
	free(response->content_type);
	free(response->location);
	free(response->replay_nonce);
	*response = (struct http_response){ 0 };
}
