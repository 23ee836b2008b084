/* SPDX-License-Identifier: ISC */
/*
 * Where TXT records are published: one file here for each kind of provider,
 * one line for it in provider.c's table.  dns.json says which, and with what.
 * Functions return 0 or a sysexits status, the message printed.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <stddef.h>

#include <jansson.h>

#include "document.h"

/* What a kind of provider has to be able to do. */
struct provider_kind {
	const char *name; /* dns.json's "provider" */
	/* config is dns.json's object; path its name, for messages. */
	int (*open)(const char *path, json_t *config, void **state);
	/* Adds exactly these records; one that is there is a success. */
	int (*add)(void *state, const struct txt_record *records, size_t count);
	/* Deletes exactly these; one that isn't there is a success. */
	int (*delete)(
	    void *state, const struct txt_record *records, size_t count);
	void (*close)(void *state);
};

extern const struct provider_kind provider_rfc2136;

struct provider;

/* Opens what the dns.json at path describes; provider_close() ends it. */
int provider_open(const char *path, struct provider **provider);
int provider_add(
    struct provider *provider, const struct txt_record *records, size_t count);
int provider_delete(
    struct provider *provider, const struct txt_record *records, size_t count);
void provider_close(struct provider *provider);

#endif
