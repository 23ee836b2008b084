/* SPDX-License-Identifier: ISC */
/* When certificates of any lifetime are due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "due.h"
#include "timestamp.h"

#define DAY 86400

/* Whether a certificate of this life is due at this age, in seconds. */
static bool
due_at(time_t life, time_t age, long age_days)
{
	const time_t start = 1800000000;
	struct due_verdict verdict = { 0 };

	due_by_age(start, start + life, age_days, start + age, &verdict);
	assert_int_equal(verdict.due, verdict.reason[0] != '\0');
	return verdict.due;
}

static void
ninety_days_are_renewed_after_thirty(void **state)
{
	(void)state;
	assert_false(due_at(90 * DAY, 30 * DAY, 30));
	assert_true(due_at(90 * DAY, 30 * DAY + 1, 30));
}

static void
forty_five_days_are_renewed_with_a_third_left(void **state)
{
	(void)state;
	assert_false(due_at(45 * DAY, 30 * DAY, 60));
	assert_true(due_at(45 * DAY, 30 * DAY + 1, 60));
}

static void
six_days_are_renewed_with_half_left(void **state)
{
	(void)state;
	assert_false(due_at(6 * DAY, 3 * DAY, 30));
	assert_true(due_at(6 * DAY, 3 * DAY + 1, 30));
}

static void
twelve_hours_are_renewed_with_half_left(void **state)
{
	(void)state;
	assert_false(due_at(DAY / 2, DAY / 4, 30));
	assert_true(due_at(DAY / 2, DAY / 4 + 1, 30));
}

static void
the_expired_is_due(void **state)
{
	(void)state;
	assert_true(due_at(90 * DAY, 90 * DAY, 3650));
}

static void
times_are_read_as_rfc3339_and_as_seconds(void **state)
{
	time_t time;

	(void)state;
	assert_true(timestamp_parse("1985-04-12T23:20:50Z", &time));
	assert_int_equal(time, 482196050);
	assert_true(timestamp_parse("482196050", &time));
	assert_int_equal(time, 482196050);
	assert_false(timestamp_parse("1985-04-12", &time));
	assert_false(timestamp_parse("1985-13-12T23:20:50Z", &time));
	assert_false(timestamp_parse("", &time));
	assert_false(timestamp_parse("tomorrow", &time));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ninety_days_are_renewed_after_thirty),
		cmocka_unit_test(forty_five_days_are_renewed_with_a_third_left),
		cmocka_unit_test(six_days_are_renewed_with_half_left),
		cmocka_unit_test(twelve_hours_are_renewed_with_half_left),
		cmocka_unit_test(the_expired_is_due),
		cmocka_unit_test(times_are_read_as_rfc3339_and_as_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
