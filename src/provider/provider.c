/* SPDX-License-Identifier: ISC */
#include "provider.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config.h"
#include "message.h"

static const struct provider_kind *const kinds[] = {
	&provider_rfc2136,
};

struct provider {
	const struct provider_kind *kind;
	void *state;
	json_t *config;
};

static const struct provider_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

int
provider_open(const char *path, struct provider **provider)
{
	json_t *config;
	const char *name;
	int status = config_read(path, &config);

	if (status != 0)
		return status;
	*provider = calloc(1, sizeof(**provider));
	if (*provider == NULL) {
		json_decref(config);
		return message_no_memory();
	}
	(*provider)->config = config;
	name = json_string_value(json_object_get(config, "provider"));
	if (name == NULL)
		status =
		    message_fail(EX_CONFIG, "%s: has no \"provider\"", path);
	else if (((*provider)->kind = find_kind(name)) == NULL)
		status = message_fail(EX_CONFIG,
		    "%s: provider \"%s\" is not "
		    "known",
		    path, name);
	else
		status =
		    (*provider)->kind->open(path, config, &(*provider)->state);
	if (status != 0) {
		json_decref(config);
		free(*provider);
		*provider = NULL;
	}
	return status;
}

int
provider_add(
    struct provider *provider, const struct txt_record *records, size_t count)
{
	return provider->kind->add(provider->state, records, count);
}

int
provider_delete(
    struct provider *provider, const struct txt_record *records, size_t count)
{
	return provider->kind->delete (provider->state, records, count);
}

void
provider_close(struct provider *provider)
{
	if (provider == NULL)
		return;
	provider->kind->close(provider->state);
	json_decref(provider->config);
	free(provider);
}
