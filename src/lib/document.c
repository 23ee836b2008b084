/* SPDX-License-Identifier: ISC */
#include "document.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "message.h"

/* A document with 100 names and their chain is a tenth of this, in bytes. */
#define DOCUMENT_MAX (1024 * 1024)

#define BASE64URL \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Why a value isn't what its member should be, or NULL when it is. */
typedef const char *fault_of(const json_t *value);

struct member {
	const char *name;
	fault_of *fault;
	const char *written_by; /* the filter that adds it */
};

static const char *
text_fault(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return "is not a string";
	if (text[0] == '\0')
		return "is empty";
	/* A NUL inside would make C and JSON see different strings. */
	if (strlen(text) != json_string_length(value))
		return "holds a NUL";
	return NULL;
}

static const char *
url_fault(const json_t *value)
{
	const char *fault = text_fault(value);
	const char *text = json_string_value(value);

	if (fault != NULL)
		return fault;
	if (strncmp(text, "https://", 8) != 0)
		return "is not an https URL";
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text == 0x7f)
			return "is not an https URL";
	return NULL;
}

static const char *
base64url_fault(const json_t *value)
{
	const char *fault = text_fault(value);
	const char *text = json_string_value(value);

	if (fault != NULL)
		return fault;
	if (text[strspn(text, BASE64URL)] != '\0')
		return "is not base64url";
	return NULL;
}

static const char *
identifier_fault(const json_t *value)
{
	const json_t *type = json_object_get(value, "type");
	const json_t *name = json_object_get(value, "value");

	if (text_fault(type) != NULL || text_fault(name) != NULL)
		return "is not an ACME identifier";
	if (strcmp(json_string_value(type), "dns") != 0)
		return "has a type other than dns";
	if (name_fault(json_string_value(name)) != NULL)
		return "is not a DNS name";
	return NULL;
}

static const char *
txt_fault(const json_t *value)
{
	static const char prefix[] = "_acme-challenge.";
	const json_t *name = json_object_get(value, "name");
	const json_t *digest = json_object_get(value, "value");

	if (text_fault(name) != NULL || base64url_fault(digest) != NULL ||
	    json_string_length(digest) != 43)
		return "is not the name and 43-character value of a record";
	/* Whatever a document says, no other name is ever written to. */
	if (strncmp(json_string_value(name), prefix, strlen(prefix)) != 0 ||
	    name_fault(json_string_value(name) + strlen(prefix)) != NULL)
		return "has a name that isn't _acme-challenge of a DNS name";
	return NULL;
}

static const char *
authorization_fault(const json_t *value)
{
	const json_t *wildcard = json_object_get(value, "wildcard");
	const json_t *challenge = json_object_get(value, "challenge");

	if (url_fault(json_object_get(value, "url")) != NULL ||
	    text_fault(json_object_get(value, "status")) != NULL ||
	    identifier_fault(json_object_get(value, "identifier")) != NULL ||
	    (wildcard != NULL && !json_is_boolean(wildcard)))
		return "is not an authorization";
	if (challenge != NULL &&
	    (text_fault(json_object_get(challenge, "type")) != NULL ||
		url_fault(json_object_get(challenge, "url")) != NULL ||
		text_fault(json_object_get(challenge, "status")) != NULL))
		return "has a challenge without type, url or status";
	return NULL;
}

/* Of an array, the first element's fault. */
static const char *
array_fault(const json_t *value, fault_of *fault_of_element)
{
	const json_t *element;
	size_t index;

	if (!json_is_array(value))
		return "is not an array";
	json_array_foreach (value, index, element) {
		const char *fault = fault_of_element(element);

		if (fault != NULL)
			return fault;
	}
	return NULL;
}

static const char *
identifiers_fault(const json_t *value)
{
	const char *fault = array_fault(value, identifier_fault);

	if (fault == NULL && json_array_size(value) == 0)
		return "is empty";
	if (fault == NULL && json_array_size(value) > NAMES_MAX)
		return "has more than 100 names";
	return fault;
}

static const char *
txts_fault(const json_t *value)
{
	return array_fault(value, txt_fault);
}

static const char *
authorizations_fault(const json_t *value)
{
	return array_fault(value, authorization_fault);
}

static const struct member members[] = {
	{ "directory", url_fault, "acme-order" },
	{ "account", url_fault, "acme-order" },
	{ "order", url_fault, "acme-order" },
	{ "identifiers", identifiers_fault, "acme-order" },
	{ "profile", text_fault, "acme-order" },
	{ "replaces", text_fault, "acme-order" },
	{ "status", text_fault, "acme-order" },
	{ "expires", text_fault, "acme-order" },
	{ "finalize", url_fault, "acme-order" },
	{ "authorizations", authorizations_fault, "acme-order" },
	{ "txt", txts_fault, "acme-order" },
	{ "key", text_fault, "csr-gen" },
	{ "csr", base64url_fault, "csr-gen" },
	{ "certificate", text_fault, "acme-finalize" },
	{ "nonce", base64url_fault, "acme-order" },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int
check_members(const json_t *document)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		const json_t *value =
		    json_object_get(document, members[i].name);
		const char *fault =
		    value == NULL ? NULL : members[i].fault(value);

		if (fault != NULL)
			return message_fail(EX_DATAERR,
			    "standard input: member \"%s\" %s", members[i].name,
			    fault);
	}
	return 0;
}

static int
read_text(FILE *stream, char *text, size_t *length)
{
	*length = fread(text, 1, DOCUMENT_MAX + 1, stream);
	if (ferror(stream))
		return message_fail(EX_NOINPUT, "standard input: can't be "
						"read");
	if (*length > DOCUMENT_MAX)
		return message_fail(EX_DATAERR, "standard input: larger than "
						"1 MiB");
	if (strspn(text, " \t\r\n") == *length)
		return message_fail(EX_DATAERR,
		    "standard input: empty: did "
		    "the filter before this one fail?");
	return 0;
}

int
document_read(FILE *stream, json_t **document)
{
	json_error_t error;
	size_t length;
	char *text = calloc(1, DOCUMENT_MAX + 2);
	int status;

	if (text == NULL)
		return message_no_memory();
	*document = NULL;
	status = read_text(stream, text, &length);
	if (status == 0) {
		*document = json_loadb(text, length,
		    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
		if (*document == NULL)
			status = message_fail(EX_DATAERR,
			    "standard input: "
			    "line %d: %s",
			    error.line, error.text);
		else if (!json_is_object(*document))
			status = message_fail(EX_DATAERR, "standard input: "
							  "not a JSON object");
		else
			status = check_members(*document);
	}
	free(text);
	if (status != 0) {
		json_decref(*document);
		*document = NULL;
	}
	return status;
}

static const char *
writer_of(const char *member)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].name, member) == 0)
			return members[i].written_by;
	return "an earlier filter";
}

int
document_require(const json_t *document, const char *member, ...)
{
	va_list ap;
	int status = 0;

	va_start(ap, member);
	for (; status == 0 && member != NULL; member = va_arg(ap, const char *))
		if (json_object_get(document, member) == NULL)
			status = message_fail(EX_DATAERR,
			    "standard input: no "
			    "member \"%s\": %s comes first",
			    member, writer_of(member));
	va_end(ap);
	return status;
}

const char *
document_string(const json_t *document, const char *member)
{
	return json_string_value(json_object_get(document, member));
}

int
document_set_string(json_t *document, const char *member, const char *value)
{
	if (json_object_set_new(document, member, json_string(value)) != 0)
		return message_no_memory();
	return 0;
}

int
document_names(const json_t *document, struct names *names)
{
	const json_t *identifier;
	size_t index;
	int status = 0;

	json_array_foreach (
	    json_object_get(document, "identifiers"), index, identifier) {
		status = names_add(names, document_string(identifier, "value"));
		if (status != 0)
			break;
	}
	return status;
}

int
document_txt(const json_t *document, struct txt_record **records, size_t *count)
{
	const json_t *txt = json_object_get(document, "txt"), *record;
	size_t index;

	*count = json_array_size(txt);
	*records = calloc(*count + 1, sizeof(**records));
	if (*records == NULL)
		return message_no_memory();
	json_array_foreach (txt, index, record) {
		(*records)[index].name = document_string(record, "name");
		(*records)[index].value = document_string(record, "value");
	}
	return 0;
}

int
document_write(FILE *stream, const json_t *document)
{
	int failed = json_dumpf(document, stream, JSON_INDENT(2)) != 0 ||
		     putc('\n', stream) == EOF || fflush(stream) != 0;

	/* NFS and full disks may tell only when the file is closed. */
	if (fclose(stream) != 0 || failed)
		return message_fail(EX_CANTCREAT, "standard output: can't be "
						  "written");
	return 0;
}
