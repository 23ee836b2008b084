/* SPDX-License-Identifier: ISC */
#include "order.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "document.h"
#include "jose.h"
#include "message.h"
#include "problem.h"

/* An order object (RFC 8555 section 7.1.3); all borrowed from its JSON. */
struct order {
	const char *status;
	const char *expires; /* or NULL */
	const char *finalize;
	const char *certificate; /* or NULL */
	const json_t *identifiers;
	const json_t *authorizations; /* URLs */
	const json_t *error;	      /* or NULL */
};

/* An authorization object (section 7.1.4) and its dns-01 challenge. */
struct authorization {
	const char *status;
	const char *name;
	bool wildcard;
	const json_t *challenge; /* or NULL: none is offered */
	const char *challenge_status;
	const char *challenge_url;
	const char *token;
};

static int
parse_order(json_t *json, struct order *order)
{
	json_error_t error;

	*order = (struct order){ 0 };
	if (json_unpack_ex(json, &error, 0,
		"{s:s, s?s, s:s, s?s, s:o, s:o, s?o}", "status", &order->status,
		"expires", &order->expires, "finalize", &order->finalize,
		"certificate", &order->certificate, "identifiers",
		&order->identifiers, "authorizations", &order->authorizations,
		"error", &order->error) != 0)
		return message_fail(EX_PROTOCOL,
		    "order: not an ACME order: "
		    "%s",
		    error.text);
	return 0;
}

/* The order must be for the names that we asked for, in whatever order. */
static int
check_identifiers(const json_t *document, const struct order *order)
{
	struct names ours = { 0 }, theirs = { 0 };
	const json_t *identifier;
	size_t index;
	int status = document_names(document, &ours);

	json_array_foreach (order->identifiers, index, identifier) {
		const char *name = document_string(identifier, "value");

		if (status == 0 && name != NULL)
			status = names_add(&theirs, name);
	}
	if (status == 0 && !names_equal(&ours, &theirs))
		status = message_fail(EX_PROTOCOL, "order: its names aren't "
						   "those that were asked for");
	names_free(&ours);
	names_free(&theirs);
	return status;
}

static int
keep_order(json_t *document, const struct order *order)
{
	int status = check_identifiers(document, order);

	if (status == 0)
		status = document_set_string(document, "status", order->status);
	if (status == 0)
		status =
		    document_set_string(document, "finalize", order->finalize);
	if (status == 0 && order->expires != NULL)
		status =
		    document_set_string(document, "expires", order->expires);
	return status;
}

static int
parse_authorization(json_t *json, struct authorization *authorization)
{
	json_t *challenges, *challenge;
	json_error_t error;
	int wildcard = 0;
	size_t index;

	*authorization = (struct authorization){ 0 };
	if (json_unpack_ex(json, &error, 0, "{s:s, s:{s:s}, s?b, s:o}",
		"status", &authorization->status, "identifier", "value",
		&authorization->name, "wildcard", &wildcard, "challenges",
		&challenges) != 0)
		return message_fail(EX_PROTOCOL,
		    "authorization: not an ACME "
		    "authorization: %s",
		    error.text);
	authorization->wildcard = wildcard != 0;
	/* Types we don't know, and challenges without token, are passed by. */
	json_array_foreach (challenges, index, challenge) {
		const char *type = document_string(challenge, "type");

		if (type == NULL || strcmp(type, "dns-01") != 0 ||
		    json_unpack(challenge, "{s:s, s:s, s:s}", "status",
			&authorization->challenge_status, "url",
			&authorization->challenge_url, "token",
			&authorization->token) != 0)
			continue;
		authorization->challenge = challenge;
		break;
	}
	return 0;
}

static int
fetch_authorization(struct acme *acme, const char *url,
    struct acme_answer *answer, struct authorization *authorization)
{
	int status = acme_post(acme, "authorization", url, NULL, NULL, answer);

	if (status == 0)
		status = parse_authorization(answer->json, authorization);
	if (status != 0)
		acme_answer_free(answer);
	return status;
}

/*
 * Prints why each authorization that isn't valid isn't.  A challenge can
 * have failed and yet be pending (Smallstep's CA), so look at the error.
 */
static int
report_authorizations(struct acme *acme, const json_t *document, int status)
{
	const json_t *entry;
	size_t index;

	json_array_foreach (
	    json_object_get(document, "authorizations"), index, entry) {
		struct authorization authorization;
		struct acme_answer answer;
		const json_t *error;

		if (fetch_authorization(acme, document_string(entry, "url"),
			&answer, &authorization) != 0)
			continue;
		error = json_object_get(authorization.challenge, "error");
		if (error != NULL) {
			/* A validation that failed is refused for good. */
			problem_report(authorization.name, error, 0);
			status = EX_UNAVAILABLE;
		}
		acme_answer_free(&answer);
	}
	return status;
}

/* Says why the CA gave the order up. */
static int
report_invalid(
    struct acme *acme, const json_t *document, const struct order *order)
{
	message_fail(0, "order %s: the CA has given it up",
	    document_string(document, "order"));
	if (order->error != NULL)
		problem_report("order", order->error, 0);
	return report_authorizations(acme, document, EX_UNAVAILABLE);
}

/* *answer owns what order borrows. */
static int
fetch_order(struct acme *acme, json_t *document, struct acme_answer *answer,
    struct order *order)
{
	int status = acme_post(acme, "order",
	    document_string(document, "order"), NULL, NULL, answer);

	if (status != 0)
		return status;
	status = parse_order(answer->json, order);
	if (status == 0)
		status = keep_order(document, order);
	if (status == 0 && strcmp(order->status, "invalid") == 0)
		status = report_invalid(acme, document, order);
	if (status != 0)
		acme_answer_free(answer);
	return status;
}

static int
post_new_order(struct acme *acme, json_t *document, struct acme_answer *answer)
{
	const char *url;
	json_t *payload = json_pack("{s:O, s:O*}", "identifiers",
	    json_object_get(document, "identifiers"), "profile",
	    json_object_get(document, "profile"));
	int status = payload == NULL ? message_no_memory()
				     : acme_resource(acme, "newOrder", &url);

	if (status == 0)
		status =
		    acme_post(acme, "new order", url, payload, NULL, answer);
	json_decref(payload);
	return status;
}

/* The first form of "authorizations": their URLs, the rest to be fetched. */
static int
keep_authorization_urls(json_t *document, const struct order *order)
{
	json_t *entries = json_array();
	const json_t *url;
	size_t index;

	json_array_foreach (order->authorizations, index, url)
		if (!json_is_string(url) ||
		    json_array_append_new(
			entries, json_pack("{s:O}", "url", url)) != 0) {
			json_decref(entries);
			return message_fail(EX_PROTOCOL,
			    "order: its "
			    "authorizations aren't URLs");
		}
	if (json_object_set_new(document, "authorizations", entries) != 0)
		return message_no_memory();
	return 0;
}

int
order_create(struct acme *acme, json_t *document)
{
	struct acme_answer answer;
	struct order order;
	int status;

	if (document_string(document, "order") != NULL)
		status = fetch_order(acme, document, &answer, &order);
	else {
		status = post_new_order(acme, document, &answer);
		if (status != 0)
			return status;
		if (answer.location == NULL)
			status = message_fail(EX_PROTOCOL,
			    "new order: the CA "
			    "doesn't say where it is");
		else
			status = document_set_string(
			    document, "order", answer.location);
		if (status == 0)
			status = parse_order(answer.json, &order);
		if (status == 0)
			status = keep_order(document, &order);
		if (status == 0 && strcmp(order.status, "invalid") == 0)
			status = report_invalid(acme, document, &order);
		if (status != 0)
			acme_answer_free(&answer);
	}
	if (status != 0)
		return status;
	status = keep_authorization_urls(document, &order);
	acme_answer_free(&answer);
	return status;
}

/*
 * Whether this authorization belongs to one of our names.  If a CA could make
 * us publish a record for another's name, it could have that name proven.
 */
static int
check_ours(const json_t *document, const struct authorization *authorization)
{
	const json_t *identifier;
	size_t index;

	json_array_foreach (
	    json_object_get(document, "identifiers"), index, identifier) {
		const char *name = document_string(identifier, "value");
		bool wildcard = strncmp(name, "*.", 2) == 0;

		if (wildcard == authorization->wildcard &&
		    strcmp(name + (wildcard ? 2 : 0), authorization->name) == 0)
			return 0;
	}
	return message_fail(EX_PROTOCOL,
	    "authorization: is for %s%s, which "
	    "was not ordered",
	    authorization->wildcard ? "*." : "", authorization->name);
}

/* Adds a record unless the document has it. */
static int
add_txt(json_t *document, const char *name, const char *value)
{
	json_t *txt = json_object_get(document, "txt");
	json_t *record;
	char owner[300];
	int status = 0;
	size_t index;

	snprintf(owner, sizeof(owner), "_acme-challenge.%s", name);
	record = json_pack("{s:s, s:s}", "name", owner, "value", value);
	for (index = 0; index < json_array_size(txt); index++)
		if (json_equal(json_array_get(txt, index), record))
			break;
	if (record == NULL || (index == json_array_size(txt) &&
				  json_array_append(txt, record) != 0))
		status = message_no_memory();
	json_decref(record);
	return status;
}

static int
add_pending(json_t *document, const struct authorization *authorization,
    const char *thumbprint)
{
	char *value;
	int status;

	if (authorization->challenge == NULL)
		return message_fail(EX_UNAVAILABLE,
		    "%s: the CA offers no "
		    "dns-01 challenge",
		    authorization->name);
	value = jose_dns01_value(authorization->token, thumbprint);
	if (value == NULL)
		return message_no_memory();
	status = add_txt(document, authorization->name, value);
	free(value);
	return status;
}

/* The document's form of an authorization. */
static json_t *
describe(const char *url, const struct authorization *authorization)
{
	json_t *entry = json_pack("{s:s, s:{s:s, s:s}, s:b, s:s}", "url", url,
	    "identifier", "type", "dns", "value", authorization->name,
	    "wildcard", authorization->wildcard ? 1 : 0, "status",
	    authorization->status);

	if (entry != NULL && authorization->challenge != NULL &&
	    json_object_set_new(entry, "challenge",
		json_pack("{s:s, s:s, s:s}", "type", "dns-01", "url",
		    authorization->challenge_url, "status",
		    authorization->challenge_status)) != 0) {
		json_decref(entry);
		return NULL;
	}
	return entry;
}

/* Replaces the entry at index by what the CA says of it now. */
static int
refresh_entry(
    struct acme *acme, json_t *document, size_t index, const char *thumbprint)
{
	json_t *entries = json_object_get(document, "authorizations");
	const char *url =
	    document_string(json_array_get(entries, index), "url");
	struct authorization authorization;
	struct acme_answer answer;
	int status = fetch_authorization(acme, url, &answer, &authorization);

	if (status != 0)
		return status;
	status = check_ours(document, &authorization);
	if (status == 0 && thumbprint != NULL &&
	    strcmp(authorization.status, "pending") == 0)
		status = add_pending(document, &authorization, thumbprint);
	if (status == 0 && json_array_set_new(entries, index,
			       describe(url, &authorization)) != 0)
		status = message_no_memory();
	acme_answer_free(&answer);
	return status;
}

int
order_fetch_authorizations(
    struct acme *acme, json_t *document, const char *thumbprint)
{
	size_t count =
	    json_array_size(json_object_get(document, "authorizations"));

	if (json_object_get(document, "txt") == NULL &&
	    json_object_set_new(document, "txt", json_array()) != 0)
		return message_no_memory();
	for (size_t i = 0; i < count; i++) {
		int status = refresh_entry(acme, document, i, thumbprint);

		if (status != 0)
			return status;
	}
	return 0;
}

/* RFC 8555 section 7.5.1: an empty object tells the CA to look. */
static int
answer_challenges(struct acme *acme, const json_t *document)
{
	json_t *empty = json_object();
	const json_t *entry;
	size_t index;
	int status = 0;

	json_array_foreach (
	    json_object_get(document, "authorizations"), index, entry) {
		const json_t *challenge = json_object_get(entry, "challenge");
		const char *state = document_string(challenge, "status");
		struct acme_answer answer;

		if (state == NULL || strcmp(state, "pending") != 0 ||
		    strcmp(document_string(entry, "status"), "pending") != 0)
			continue;
		status = acme_post(acme,
		    document_string(
			json_object_get(entry, "identifier"), "value"),
		    document_string(challenge, "url"), empty, NULL, &answer);
		if (status != 0)
			break;
		acme_answer_free(&answer);
	}
	json_decref(empty);
	return status;
}

/* Fetches the order until its status is no longer this one. */
static int
wait_while(struct acme *acme, json_t *document, const char *state,
    struct acme_wait *wait)
{
	for (;;) {
		struct acme_answer answer;
		struct order order;
		long retry_after_s;
		int status = fetch_order(acme, document, &answer, &order);

		if (status != 0)
			return status;
		retry_after_s = answer.retry_after_s;
		acme_answer_free(&answer);
		if (strcmp(document_string(document, "status"), state) != 0)
			return 0;
		message_progress("order %s", state);
		status = acme_wait(wait, "order", retry_after_s);
		if (status != 0 && strcmp(state, "pending") == 0)
			return report_authorizations(acme, document, status);
		if (status != 0)
			return status;
	}
}

int
order_validate(struct acme *acme, json_t *document, struct acme_wait *wait)
{
	struct acme_answer answer;
	struct order order;
	int status = fetch_order(acme, document, &answer, &order);

	if (status != 0)
		return status;
	acme_answer_free(&answer);
	if (strcmp(document_string(document, "status"), "pending") != 0)
		return 0;
	/* All are looked at before any is answered: one failure costs all. */
	status = order_fetch_authorizations(acme, document, NULL);
	if (status == 0)
		status = answer_challenges(acme, document);
	if (status == 0)
		status = wait_while(acme, document, "pending", wait);
	return status;
}

static int
post_finalize(struct acme *acme, json_t *document)
{
	json_t *payload =
	    json_pack("{s:O}", "csr", json_object_get(document, "csr"));
	struct acme_answer answer;
	int status = payload == NULL
			 ? message_no_memory()
			 : acme_post(acme, "finalize",
			       document_string(document, "finalize"), payload,
			       NULL, &answer);

	json_decref(payload);
	if (status == 0)
		acme_answer_free(&answer);
	return status;
}

static int
download(struct acme *acme, json_t *document, char **pem, size_t *length)
{
	struct acme_answer answer;
	struct order order;
	char *url;
	int status = fetch_order(acme, document, &answer, &order);

	if (status != 0)
		return status;
	url = order.certificate == NULL ? NULL : strdup(order.certificate);
	acme_answer_free(&answer);
	if (url == NULL)
		return message_fail(EX_PROTOCOL, "order: valid, but without "
						 "a certificate");
	status = acme_post(acme, "certificate", url, NULL,
	    "application/pem-certificate-chain", &answer);
	free(url);
	if (status != 0)
		return status;
	*pem = answer.text;
	*length = answer.length;
	answer.text = NULL;
	acme_answer_free(&answer);
	if (*pem == NULL)
		return message_fail(EX_PROTOCOL, "certificate: the answer is "
						 "empty");
	return 0;
}

int
order_issue(struct acme *acme, json_t *document, struct acme_wait *wait,
    char **pem, size_t *length)
{
	const char *state = document_string(document, "status");
	int status = 0;

	if (strcmp(state, "ready") == 0)
		status = post_finalize(acme, document);
	if (status == 0)
		status = wait_while(acme, document, "ready", wait);
	if (status == 0)
		status = wait_while(acme, document, "processing", wait);
	if (status != 0)
		return status;
	state = document_string(document, "status");
	if (strcmp(state, "valid") != 0)
		return message_fail(EX_PROTOCOL,
		    "order: its status is %s, "
		    "not valid",
		    state);
	return download(acme, document, pem, length);
}
