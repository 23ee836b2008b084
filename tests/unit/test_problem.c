/* SPDX-License-Identifier: ISC */
/* What is said of problem documents, and with which status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "message.h"
#include "problem.h"

/* RFC 8555 section 6.7.1. */
static const char rfc8555_subproblems[] =
    "{ \"type\": \"urn:ietf:params:acme:error:malformed\","
    "  \"detail\": \"Some of the identifiers requested were rejected\","
    "  \"subproblems\": [ {"
    "    \"type\": \"urn:ietf:params:acme:error:malformed\","
    "    \"detail\": \"Invalid underscore in DNS name \\\"_example.org\\\"\","
    "    \"identifier\": { \"type\": \"dns\", \"value\": \"_example.org\" }"
    "  }, {"
    "    \"type\": \"urn:ietf:params:acme:error:rejectedIdentifier\","
    "    \"detail\": \"This CA will not issue for \\\"example.net\\\"\","
    "    \"identifier\": { \"type\": \"dns\", \"value\": \"example.net\" }"
    "  } ] }";

/* Reports a problem; what it prints on stderr goes to text. */
static int
report(const char *json, long retry_after_s, char *text, size_t size)
{
	json_t *problem = json_loads(json, JSON_DECODE_ANY, NULL);
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO), status;
	size_t length;

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	status = problem_report("new order", problem, retry_after_s);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
	json_decref(problem);
	return status;
}

static void
subproblems_are_printed_each_with_its_identifier(void **state)
{
	char text[2048];

	(void)state;
	assert_int_equal(
	    report(rfc8555_subproblems, 0, text, sizeof(text)), EX_PROTOCOL);
	assert_string_equal(text,
	    "test: new order: malformed: Some of the identifiers requested "
	    "were rejected\n"
	    "test: new order: _example.org: malformed: Invalid underscore in "
	    "DNS name \"_example.org\"\n"
	    "test: new order: example.net: rejectedIdentifier: This CA will "
	    "not issue for \"example.net\"\n");
}

static void
types_have_their_exit_status(void **state)
{
	static const struct {
		const char *type;
		int status;
	} cases[] = {
		{ "rateLimited", EX_TEMPFAIL },
		{ "serverInternal", EX_TEMPFAIL },
		{ "rejectedIdentifier", EX_UNAVAILABLE },
		{ "caa", EX_UNAVAILABLE },
		{ "userActionRequired", EX_NOPERM },
		{ "accountDoesNotExist", EX_CONFIG },
		{ "badCSR", EX_DATAERR },
		{ "neverHeardOf", EX_UNAVAILABLE },
	};
	char json[128], text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(json, sizeof(json),
		    "{\"type\": \"urn:ietf:params:acme:error:%s\"}",
		    cases[i].type);
		assert_int_equal(
		    report(json, 0, text, sizeof(text)), cases[i].status);
	}
}

static void
control_characters_of_a_ca_are_not_printed(void **state)
{
	char text[512];

	(void)state;
	report("{\"type\": \"x\", \"detail\": \"a\\u001b[31mb\\nc\\u009bd\"}",
	    60, text, sizeof(text));
	assert_string_equal(
	    text, "test: new order: x: a [31mb c  d (retry after 60 s)\n");
}

static void
what_is_no_problem_document_is_survived(void **state)
{
	static const char *const wrong[] = { "[]", "17", "{\"type\": 1}",
		"{\"detail\": {}}", "{\"subproblems\": [1, {}]}" };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    report(wrong[i], 0, text, sizeof(text)), EX_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    subproblems_are_printed_each_with_its_identifier),
		cmocka_unit_test(types_have_their_exit_status),
		cmocka_unit_test(control_characters_of_a_ca_are_not_printed),
		cmocka_unit_test(what_is_no_problem_document_is_survived),
	};

	message_start("test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
