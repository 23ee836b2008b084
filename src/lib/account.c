/* SPDX-License-Identifier: ISC */
#include "account.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "config.h"
#include "document.h"
#include "file.h"
#include "key.h"
#include "message.h"

static bool
is_https(const char *url)
{
	return strncmp(url, "https://", 8) == 0;
}

static int
load_key(const char *path, const char *name, EVP_PKEY **key)
{
	char *key_path =
	    key_is_uri(name) ? strdup(name) : file_beside(path, name);
	int status =
	    key_path == NULL ? message_no_memory() : key_load(key_path, key);

	free(key_path);
	return status;
}

int
account_read(const char *path, struct account *account)
{
	const char *terms = NULL, *state = NULL;
	json_t *contact = NULL;
	int status;

	*account = (struct account){ 0 };
	status = config_read(path, &account->json);
	if (status != 0)
		return status;
	status = config_unpack(path, account->json,
	    "{s:s, s:s, s:s, s?s, s?s, s?o}", "directory", &account->directory,
	    "account", &account->url, "key", &account->key_name,
	    "termsOfService", &terms, "status", &state, "contact", &contact);
	if (status == 0 &&
	    (!is_https(account->directory) || !is_https(account->url)))
		status = message_fail(EX_CONFIG,
		    "%s: \"directory\" and "
		    "\"account\" must be https URLs",
		    path);
	if (status == 0)
		status = load_key(path, account->key_name, &account->key);
	if (status != 0)
		account_free(account);
	return status;
}

int
account_check(const struct account *account, const json_t *document)
{
	const char *directory = document_string(document, "directory");
	const char *url = document_string(document, "account");

	if ((directory != NULL && strcmp(directory, account->directory) != 0) ||
	    (url != NULL && strcmp(url, account->url) != 0))
		return message_fail(EX_DATAERR,
		    "standard input: its order is "
		    "of another account, %s",
		    url != NULL ? url : directory);
	return 0;
}

void
account_free(struct account *account)
{
	EVP_PKEY_free(account->key);
	json_decref(account->json);
	*account = (struct account){ 0 };
}
