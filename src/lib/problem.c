/* SPDX-License-Identifier: ISC */
#include "problem.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "message.h"

#define URN "urn:ietf:params:acme:error:"

/* What isn't here is refused for good: EX_UNAVAILABLE. */
static const struct {
	const char *type;
	int status;
	const char *advice;
} types[] = {
	{ "accountDoesNotExist", EX_CONFIG,
	    "is account.json for this CA? acme-account new registers" },
	{ "badCSR", EX_DATAERR, NULL },
	{ "badNonce", EX_TEMPFAIL, NULL },
	{ "badPublicKey", EX_CONFIG, NULL },
	{ "badSignatureAlgorithm", EX_CONFIG, NULL },
	{ "externalAccountRequired", EX_CONFIG, NULL },
	{ "invalidContact", EX_USAGE, NULL },
	{ "invalidProfile", EX_CONFIG, NULL },
	{ "malformed", EX_PROTOCOL, NULL },
	{ "orderNotReady", EX_TEMPFAIL, NULL },
	{ "rateLimited", EX_TEMPFAIL, NULL },
	{ "serverInternal", EX_TEMPFAIL, NULL },
	{ "unauthorized", EX_NOPERM, NULL },
	{ "unsupportedContact", EX_USAGE, NULL },
	{ "userActionRequired", EX_NOPERM, NULL },
};

static const char *
string_member(const json_t *object, const char *member, const char *missing)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text == NULL ? missing : text;
}

static const char *
short_type(const json_t *problem)
{
	const char *type = string_member(problem, "type", "about:blank");

	return strncmp(type, URN, strlen(URN)) == 0 ? type + strlen(URN) : type;
}

int
problem_is(const json_t *problem, const char *name)
{
	return strcmp(short_type(problem), name) == 0;
}

static void
report_subproblems(const char *what, const json_t *problem)
{
	const json_t *sub;
	size_t index;

	json_array_foreach (json_object_get(problem, "subproblems"), index, sub)
		message_fail(0, "%s: %s: %s: %s", what,
		    string_member(json_object_get(sub, "identifier"), "value",
			"no identifier"),
		    short_type(sub), string_member(sub, "detail", "no detail"));
}

int
problem_report(const char *what, const json_t *problem, long retry_after_s)
{
	const char *type = short_type(problem);
	const char *instance = string_member(problem, "instance", NULL);
	const char *advice = NULL;
	char retry[48] = "";
	int status = EX_UNAVAILABLE;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0) {
			status = types[i].status;
			advice = types[i].advice;
		}
	if (strcmp(type, "userActionRequired") == 0)
		advice = instance;
	if (retry_after_s > 0)
		snprintf(retry, sizeof(retry), " (retry after %ld s)",
		    retry_after_s);
	message_fail(status, "%s: %s: %s%s%s%s", what, type,
	    string_member(problem, "detail", "the CA gives no detail"), retry,
	    advice == NULL ? "" : ": ", advice == NULL ? "" : advice);
	report_subproblems(what, problem);
	return status;
}
