/* SPDX-License-Identifier: ISC */
#include "number.h"

#include <errno.h>
#include <stdlib.h>

bool
number_parse(const char *text, long min, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return errno == 0 && *text != '\0' && *end == '\0' && *number >= min &&
	       *number <= max;
}
