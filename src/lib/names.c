/* SPDX-License-Identifier: ISC */
#include "names.h"

#include <arpa/inet.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "message.h"

/* RFC 1035 section 2.3.4. */
#define LABEL_MAX      63
#define NAME_MAX_BYTES 253

static const char *
label_fault(const char *label, size_t length)
{
	if (length == 0)
		return "it has an empty label";
	if (length > LABEL_MAX)
		return "it has a label of more than 63 characters";
	if (label[0] == '-' || label[length - 1] == '-')
		return "a label begins or ends with a hyphen";
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)label[i];

		if (c >= 0x80)
			return "it isn't ASCII: give it in its A-label form "
			       "(xn--...)";
		if (!isalnum(c) && c != '-')
			return "a DNS name has only letters, digits, hyphens "
			       "and dots";
	}
	return NULL;
}

static const char *
address_fault(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, text, address) == 1 ||
	    inet_pton(AF_INET6, text, address) == 1)
		return "an IP address can't be proven by DNS (RFC 8738)";
	return NULL;
}

const char *
name_fault(const char *text)
{
	const char *fault = address_fault(text);
	size_t length = strlen(text), labels = 0;

	if (fault != NULL)
		return fault;
	if (length > 0 && text[length - 1] == '.')
		length--;
	if (length == 0)
		return "it is empty";
	if (length > NAME_MAX_BYTES)
		return "it is longer than 253 characters";
	if (length >= 2 && text[0] == '*' && text[1] == '.') {
		text += 2;
		length -= 2;
	}
	for (;;) {
		const char *dot = memchr(text, '.', length);
		size_t label = dot == NULL ? length : (size_t)(dot - text);

		fault = label_fault(text, label);
		if (fault != NULL)
			return fault;
		labels++;
		if (dot == NULL)
			break;
		text += label + 1;
		length -= label + 1;
	}
	return labels < 2 ? "it has only one label" : NULL;
}

/* The canonical form: lower case, no final dot. */
static char *
canonical(const char *text)
{
	char *name = strdup(text);
	size_t length;

	if (name == NULL)
		return NULL;
	length = strlen(name);
	if (name[length - 1] == '.')
		name[length - 1] = '\0';
	for (char *c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

static bool
contains(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

int
names_add(struct names *names, const char *text)
{
	const char *fault = name_fault(text);
	char **grown, *name;

	if (fault != NULL)
		return message_fail(EX_DATAERR,
		    "%s: can't be in a "
		    "certificate: %s",
		    text, fault);
	name = canonical(text);
	if (name == NULL)
		return message_no_memory();
	if (contains(names, name)) {
		free(name);
		return 0;
	}
	grown = realloc(names->name, (names->count + 1) * sizeof(*grown));
	if (grown == NULL) {
		free(name);
		return message_no_memory();
	}
	grown[names->count++] = name;
	names->name = grown;
	return 0;
}

void
names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){ 0 };
}

bool
names_equal(const struct names *a, const struct names *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!contains(b, a->name[i]))
			return false;
	return true;
}
