/* SPDX-License-Identifier: ISC */
#include "acme.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>

#include "document.h"
#include "http.h"
#include "jose.h"
#include "message.h"
#include "problem.h"

/* Pebble can be told to reject every other nonce; 30 in a row is a fault. */
#define NONCE_TRIES 30

#define PAUSE_FIRST_MS 250
#define PAUSE_MAX_MS   10000

struct acme {
	struct http *http;
	const char *directory_url;
	const char *account_url;
	EVP_PKEY *key;
	json_t *directory; /* NULL until it is needed */
	char *nonce;	   /* NULL: none unused */
};

int
acme_open(const char *directory_url, EVP_PKEY *key, const char *account_url,
    struct acme **acme)
{
	int status;

	*acme = NULL;
	if (jose_algorithm(key) == NULL)
		return message_fail(EX_CONFIG,
		    "the account key's type is none "
		    "that CAs take: use ec-256, ec-384 or RSA");
	*acme = calloc(1, sizeof(**acme));
	if (*acme == NULL)
		return message_no_memory();
	(*acme)->directory_url = directory_url;
	(*acme)->account_url = account_url;
	(*acme)->key = key;
	status = http_open(&(*acme)->http);
	if (status != 0) {
		free(*acme);
		*acme = NULL;
	}
	return status;
}

void
acme_close(struct acme *acme)
{
	if (acme == NULL)
		return;
	http_close(acme->http);
	json_decref(acme->directory);
	free(acme->nonce);
	free(acme);
}

static bool
is_base64url(const char *text)
{
	return text[0] != '\0' &&
	       text[strspn(text,
		   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		   "0123456789-_")] == '\0';
}

void
acme_offer_nonce(struct acme *acme, const char *nonce)
{
	/* RFC 8555 section 6.5.1: an invalid one is as good as none. */
	if (nonce == NULL || !is_base64url(nonce))
		return;
	free(acme->nonce);
	acme->nonce = strdup(nonce);
}

int
acme_keep_nonce(const struct acme *acme, json_t *document)
{
	if (acme->nonce != NULL)
		return document_set_string(document, "nonce", acme->nonce);
	json_object_del(document, "nonce");
	return 0;
}

/* Media types are compared without parameters (RFC 8555 section 6.1). */
static bool
has_type(const struct http_response *response, const char *type)
{
	const char *found = response->content_type;
	size_t length = strlen(type);

	return found != NULL && strncasecmp(found, type, length) == 0 &&
	       (found[length] == '\0' || found[length] == ';' ||
		   found[length] == ' ');
}

static json_t *
parse_json(const struct http_response *response)
{
	json_error_t error;

	if (!has_type(response, "application/json") &&
	    !has_type(response, "application/problem+json"))
		return NULL;
	return json_loadb(response->body == NULL ? "" : response->body,
	    response->length, 0, &error);
}

/* The status for an answer that says no. */
static int
refused(const char *what, const struct http_response *response)
{
	json_t *problem = parse_json(response);
	int status;

	if (json_is_object(problem))
		status = problem_report(what, problem, response->retry_after_s);
	else if (response->status >= 500 || response->status == 429)
		status = message_fail(EX_TEMPFAIL,
		    "%s: HTTP status %ld from "
		    "the CA's front: try again later",
		    what, response->status);
	else
		status = message_fail(EX_PROTOCOL,
		    "%s: HTTP status %ld "
		    "without a problem document",
		    what, response->status);
	json_decref(problem);
	return status;
}

static int
fetch_directory(struct acme *acme)
{
	const struct http_request request = {
		.method = "GET",
		.url = acme->directory_url,
	};
	struct http_response response;
	int status;

	if (acme->directory != NULL)
		return 0;
	status = http_send(acme->http, &request, &response);
	if (status != 0)
		return status;
	if (response.status != 200)
		status = refused(acme->directory_url, &response);
	else {
		acme->directory =
		    json_loadb(response.body == NULL ? "" : response.body,
			response.length, 0, NULL);
		if (!json_is_object(acme->directory))
			status = message_fail(EX_PROTOCOL,
			    "%s: not an ACME "
			    "directory",
			    acme->directory_url);
	}
	http_response_free(&response);
	return status;
}

int
acme_resource(struct acme *acme, const char *name, const char **url)
{
	int status = fetch_directory(acme);

	if (status != 0)
		return status;
	*url = json_string_value(json_object_get(acme->directory, name));
	if (*url == NULL)
		return message_fail(EX_PROTOCOL, "%s: the directory has no %s",
		    acme->directory_url, name);
	return 0;
}

int
acme_terms(struct acme *acme, const char **url)
{
	int status = fetch_directory(acme);

	if (status == 0)
		*url = json_string_value(
		    json_object_get(json_object_get(acme->directory, "meta"),
			"termsOfService"));
	return status;
}

static int
fetch_nonce(struct acme *acme)
{
	struct http_request request = { .method = "HEAD" };
	struct http_response response;
	int status = acme_resource(acme, "newNonce", &request.url);

	if (status == 0)
		status = http_send(acme->http, &request, &response);
	if (status != 0)
		return status;
	if (response.status / 100 != 2)
		status = refused("newNonce", &response);
	else {
		acme_offer_nonce(acme, response.replay_nonce);
		if (acme->nonce == NULL)
			status = message_fail(EX_PROTOCOL,
			    "%s: gives no "
			    "nonce",
			    request.url);
	}
	http_response_free(&response);
	return status;
}

/* RFC 8555 section 6.2: url and nonce, and either kid or jwk. */
static json_t *
protected_header(const struct acme *acme, const char *url)
{
	json_t *header =
	    json_pack("{s:s, s:s}", "nonce", acme->nonce, "url", url);
	json_t *identity = acme->account_url != NULL
			       ? json_string(acme->account_url)
			       : jose_jwk(acme->key);

	if (json_object_set_new(header,
		acme->account_url != NULL ? "kid" : "jwk", identity) != 0) {
		json_decref(header);
		return NULL;
	}
	return header;
}

/* The signed request's body; the caller frees.  It uses up the nonce. */
static char *
sign_request(struct acme *acme, const char *url, const char *payload)
{
	json_t *header = protected_header(acme, url);
	json_t *jws = header == NULL ? NULL
				     : jose_sign(acme->key, header, payload,
					   strlen(payload));
	char *body = json_dumps(jws, JSON_COMPACT);

	json_decref(jws);
	json_decref(header);
	free(acme->nonce);
	acme->nonce = NULL;
	return body;
}

static int
send_once(struct acme *acme, const char *url, const char *payload,
    const char *accept, struct http_response *response)
{
	struct http_request request = {
		.method = "POST",
		.url = url,
		.accept = accept,
		.content_type = "application/jose+json",
	};
	char *body;
	int status = acme->nonce == NULL ? fetch_nonce(acme) : 0;

	if (status != 0)
		return status;
	body = sign_request(acme, url, payload);
	if (body == NULL)
		return message_fail(EX_SOFTWARE,
		    "%s: the request can't be "
		    "signed",
		    url);
	request.body = body;
	status = http_send(acme->http, &request, response);
	free(body);
	/* Errors carry a nonce too: the one to try again with. */
	if (status == 0)
		acme_offer_nonce(acme, response->replay_nonce);
	return status;
}

static bool
is_bad_nonce(const struct http_response *response)
{
	json_t *problem;
	bool bad;

	if (response->status != 400)
		return false;
	problem = parse_json(response);
	bad = problem_is(problem, "badNonce");
	json_decref(problem);
	return bad;
}

/* What acme_answer_free() frees moves from one struct to the other. */
static void
take_answer(struct http_response *response, struct acme_answer *answer)
{
	answer->status = response->status;
	answer->json = parse_json(response);
	answer->text = response->body;
	answer->length = response->length;
	answer->location = response->location;
	answer->retry_after_s = response->retry_after_s;
	response->body = response->location = NULL;
}

int
acme_post(struct acme *acme, const char *what, const char *url,
    const json_t *payload, const char *accept, struct acme_answer *answer)
{
	struct http_response response = { 0 };
	char *text =
	    payload == NULL ? strdup("") : json_dumps(payload, JSON_COMPACT);
	int status = text == NULL ? message_no_memory() : 0;

	*answer = (struct acme_answer){ 0 };
	for (int i = 0; status == 0 && i < NONCE_TRIES; i++) {
		http_response_free(&response);
		status = send_once(acme, url, text, accept, &response);
		if (status == 0 && !is_bad_nonce(&response))
			break;
	}
	if (status == 0 && response.status / 100 == 2)
		take_answer(&response, answer);
	else if (status == 0)
		status = refused(what, &response);
	http_response_free(&response);
	free(text);
	return status;
}

void
acme_answer_free(struct acme_answer *answer)
{
	json_decref(answer->json);
	free(answer->text);
	free(answer->location);
	*answer = (struct acme_answer){ 0 };
}

static long
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec;
}

struct acme_wait
acme_wait_start(long limit_s)
{
	return (struct acme_wait){ now_s() + limit_s, PAUSE_FIRST_MS };
}

int
acme_wait(struct acme_wait *wait, const char *what, long retry_after_s)
{
	long left_s = wait->deadline_s - now_s();
	long pause_ms = wait->pause_ms;
	struct timespec pause;

	if (retry_after_s > left_s || left_s <= 0)
		return message_fail(EX_TEMPFAIL,
		    "%s: not done yet: run it "
		    "again in %ld s",
		    what, retry_after_s > 0 ? retry_after_s : 60);
	if (retry_after_s > 0)
		pause_ms = retry_after_s * 1000;
	else
		wait->pause_ms =
		    pause_ms * 2 < PAUSE_MAX_MS ? pause_ms * 2 : PAUSE_MAX_MS;
	pause.tv_sec = pause_ms / 1000;
	pause.tv_nsec = pause_ms % 1000 * 1000000;
	nanosleep(&pause, NULL);
	return 0;
}
