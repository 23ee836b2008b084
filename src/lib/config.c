/* SPDX-License-Identifier: ISC */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>

#include "file.h"
#include "message.h"

int
config_read(const char *path, json_t **object)
{
	json_error_t error;
	char *text;
	size_t length;
	int status = file_read(path, &text, &length);

	if (status != 0)
		return status;
	*object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (*object == NULL)
		return message_fail(
		    EX_CONFIG, "%s: line %d: %s", path, error.line, error.text);
	if (!json_is_object(*object)) {
		json_decref(*object);
		return message_fail(EX_CONFIG, "%s: not a JSON object", path);
	}
	return 0;
}

int
config_unpack(const char *path, json_t *object, const char *format, ...)
{
	json_error_t error;
	va_list ap;
	int result;

	va_start(ap, format);
	result = json_vunpack_ex(object, &error, JSON_STRICT, format, ap);
	va_end(ap);
	if (result != 0)
		return message_fail(EX_CONFIG, "%s: %s", path, error.text);
	return 0;
}
