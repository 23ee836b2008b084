/* SPDX-License-Identifier: ISC */
#include "key.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "file.h"
#include "message.h"

struct type {
	const char *name;
	const char *curve; /* NULL: an RSA key */
	unsigned int bits;
};

static const struct type types[] = {
	{ "ec-256", "P-256", 256 },
	{ "ec-384", "P-384", 384 },
	{ "rsa-2048", NULL, 2048 },
	{ "rsa-3072", NULL, 3072 },
	{ "rsa-4096", NULL, 4096 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static const struct type *
find_type(const char *name)
{
	for (size_t i = 0; i < TYPES; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

int
key_check_type(const char *type)
{
	if (find_type(type) == NULL)
		return message_fail(EX_USAGE,
		    "%s: no key type: there are "
		    "ec-256, ec-384, rsa-2048, rsa-3072 and rsa-4096",
		    type);
	return 0;
}

const char *
key_type(const EVP_PKEY *key)
{
	bool ec = EVP_PKEY_is_a(key, "EC");
	int bits = EVP_PKEY_get_bits(key);

	if (!ec && !EVP_PKEY_is_a(key, "RSA"))
		return "other";
	for (size_t i = 0; i < TYPES; i++)
		if ((types[i].curve != NULL) == ec &&
		    (int)types[i].bits == bits)
			return types[i].name;
	return "other";
}

int
key_generate(const char *type, EVP_PKEY **key)
{
	const struct type *found = find_type(type);

	if (found == NULL)
		return key_check_type(type);
	if (found->curve != NULL)
		*key = EVP_EC_gen(found->curve);
	else
		*key = EVP_RSA_gen(found->bits);
	if (*key == NULL)
		return message_fail(EX_SOFTWARE,
		    "%s: OpenSSL can't make a "
		    "key: %s",
		    type, ERR_reason_error_string(ERR_get_error()));
	return 0;
}

/* The first private key in an open store. */
static EVP_PKEY *
first_key(OSSL_STORE_CTX *store)
{
	EVP_PKEY *key = NULL;

	while (key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL) {
			if (OSSL_STORE_error(store))
				break;
			continue;
		}
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	return key;
}

/* Nobody is there to type a pass phrase: say so rather than prompt. */
static int
no_passphrase(char *buffer, int size, int writing, void *data)
{
	(void)buffer, (void)size, (void)writing;
	*(bool *)data = true;
	return -1;
}

static EVP_PKEY *
load_uri(const char *uri, bool *encrypted)
{
	UI_METHOD *ui = UI_UTIL_wrap_read_pem_callback(no_passphrase, 0);
	OSSL_STORE_CTX *store;
	EVP_PKEY *key = NULL;

	if (ui == NULL)
		return NULL;
	store = OSSL_STORE_open(uri, ui, encrypted, NULL, NULL);
	if (store != NULL)
		key = first_key(store);
	OSSL_STORE_close(store);
	UI_destroy_method(ui);
	return key;
}

/* A file's key is read by us, which checks who else may read it. */
static EVP_PKEY *
load_pem(const char *text, size_t length, bool *encrypted)
{
	BIO *bio = BIO_new_mem_buf(text, (int)length);
	EVP_PKEY *key = NULL;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(
		    bio, NULL, no_passphrase, encrypted);
	BIO_free(bio);
	return key;
}

bool
key_is_uri(const char *path)
{
	const char *colon = strchr(path, ':');
	const char *slash = strchr(path, '/');

	return colon != NULL && (slash == NULL || colon < slash);
}

int
key_load(const char *path, EVP_PKEY **key)
{
	bool encrypted = false;
	char *text = NULL;
	size_t length;
	int status;

	if (key_is_uri(path))
		*key = load_uri(path, &encrypted);
	else {
		status = file_read_secret(path, &text, &length);
		if (status != 0)
			return status;
		*key = load_pem(text, length, &encrypted);
		file_free_secret(text);
	}
	ERR_clear_error();
	if (*key == NULL && encrypted)
		return message_fail(EX_CONFIG,
		    "%s: the key has a pass phrase, "
		    "and nobody is here to type it",
		    path);
	if (*key == NULL)
		return message_fail(EX_DATAERR,
		    "%s: holds no private key that "
		    "OpenSSL can read",
		    path);
	return 0;
}

int
key_create_file(const char *path, const EVP_PKEY *key)
{
	/* Memory of this BIO is wiped when it is freed. */
	BIO *bio = BIO_new(BIO_s_secmem());
	char *pem;
	long length;
	int status;

	if (bio == NULL)
		return message_no_memory();
	if (PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		status = message_fail(EX_SOFTWARE,
		    "%s: OpenSSL can't write "
		    "the key",
		    path);
	else {
		length = BIO_get_mem_data(bio, &pem);
		status = file_create(path, pem, (size_t)length, 0600);
	}
	BIO_free(bio);
	return status;
}

static int
create(const char *path, const char *type, EVP_PKEY **key)
{
	int status = key_generate(type, key);

	if (status == 0)
		status = key_create_file(path, *key);
	if (status == 0)
		message_step("%s: made an %s key", path, type);
	else {
		EVP_PKEY_free(*key);
		*key = NULL;
	}
	return status;
}

int
key_load_or_create(const char *path, const char *type, EVP_PKEY **key)
{
	int status;

	if (!key_is_uri(path) && access(path, F_OK) != 0 && errno == ENOENT)
		return create(
		    path, type == NULL ? KEY_TYPE_DEFAULT : type, key);
	status = key_load(path, key);
	if (status == 0 && type != NULL && strcmp(key_type(*key), type) != 0) {
		status = message_fail(EX_CONFIG,
		    "%s: is there already, of "
		    "type %s: name another file for an %s key",
		    path, key_type(*key), type);
		EVP_PKEY_free(*key);
		*key = NULL;
	}
	return status;
}
