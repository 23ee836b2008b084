/* SPDX-License-Identifier: ISC */
#include "timestamp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From the difference to 1970: C17 and POSIX.1-2008 have no timegm(). */
bool
timestamp_from_asn1(const ASN1_TIME *time, time_t *epoch)
{
	ASN1_TIME *start = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool done =
	    start != NULL && ASN1_TIME_diff(&days, &seconds, start, time) == 1;

	if (done)
		*epoch = (time_t)days * 86400 + seconds;
	ASN1_TIME_free(start);
	return done;
}

/* RFC 3339 is ASN.1's GeneralizedTime with punctuation: OpenSSL reads that. */
static bool
parse_rfc3339(const char *text, time_t *epoch)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	ASN1_TIME *time = ASN1_TIME_new();
	char digits[sizeof(form)];
	size_t length = 0;
	bool done = time != NULL && strlen(text) == strlen(form);

	for (size_t i = 0; done && form[i] != '\0'; i++)
		if (form[i] == 'd' || form[i] == 'Z')
			digits[length++] = text[i];
		else
			done = text[i] == form[i];
	digits[length] = '\0';
	done = done && ASN1_TIME_set_string_X509(time, digits) == 1 &&
	       timestamp_from_asn1(time, epoch);
	ASN1_TIME_free(time);
	return done;
}

bool
timestamp_parse(const char *text, time_t *epoch)
{
	char *end;
	long long seconds;

	if (parse_rfc3339(text, epoch))
		return true;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	*epoch = (time_t)seconds;
	return errno == 0 && *text != '\0' && *end == '\0';
}
