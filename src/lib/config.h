/* SPDX-License-Identifier: ISC */
/*
 * The JSON files that people write: account.json, dns.json, push.json.  Each
 * program takes its file apart in one call that names every member, so that
 * a misspelt one is refused by its name.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <jansson.h>

/*
 * Reads a JSON object from path.  The caller decrefs *object.  Returns 0,
 * EX_NOINPUT or EX_CONFIG, the message printed.
 */
int config_read(const char *path, json_t **object);

/*
 * json_unpack_ex() with JSON_STRICT: 0, or EX_CONFIG with a message that
 * names path and the member that is missing, unknown or of a wrong type.
 * What is unpacked is borrowed from object.
 */
int config_unpack(const char *path, json_t *object, const char *format, ...);

#endif
