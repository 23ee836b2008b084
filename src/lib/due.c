/* SPDX-License-Identifier: ISC */
#include "due.h"

#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "key.h"

#define DAY_S	     86400
#define SHORT_LIFE_S (10 * DAY_S)

void
due_by_age(time_t not_before, time_t not_after, long age_days, time_t now,
    struct due_verdict *verdict)
{
	time_t life = not_after - not_before;
	time_t left = not_after - now;
	time_t reserve = life <= SHORT_LIFE_S ? life / 2 : life / 3;

	verdict->age_days = (long)((now - not_before) / DAY_S);
	verdict->days_left = (long)(left / DAY_S);
	if (left <= 0)
		snprintf(verdict->reason, sizeof(verdict->reason), "expired");
	else if (left < reserve)
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "less than a %s of its life is left",
		    life <= SHORT_LIFE_S ? "half" : "third");
	else if (now - not_before > age_days * DAY_S)
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "older than %ld days", age_days);
	verdict->due = verdict->reason[0] != '\0';
}

static int
check_names(const char *what, const X509 *leaf, const struct names *wanted,
    struct due_verdict *verdict)
{
	struct names found = { 0 };
	int status = certificate_names(what, leaf, &found);

	if (status != 0 || !names_equal(&found, wanted))
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "its names aren't those wanted");
	names_free(&found);
	return status;
}

int
due_decide(const char *what, const X509 *leaf, const struct due_rules *rules,
    time_t now, struct due_verdict *verdict)
{
	const EVP_PKEY *key = X509_get0_pubkey(leaf);
	time_t not_before, not_after;
	int status;

	*verdict = (struct due_verdict){ 0 };
	status = certificate_validity(what, leaf, &not_before, &not_after);
	if (status == 0)
		due_by_age(
		    not_before, not_after, rules->age_days, now, verdict);
	if (status == 0 && !verdict->due && rules->names != NULL)
		status = check_names(what, leaf, rules->names, verdict);
	if (status == 0 && verdict->reason[0] == '\0' &&
	    rules->key_type != NULL &&
	    (key == NULL || strcmp(key_type(key), rules->key_type) != 0))
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "its key isn't of type %s", rules->key_type);
	if (status != 0)
		snprintf(verdict->reason, sizeof(verdict->reason),
		    "it can't be read");
	verdict->due = verdict->reason[0] != '\0';
	return status;
}
