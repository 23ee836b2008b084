/* SPDX-License-Identifier: ISC */
#include "tls.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* By type of key: what a client offers that can verify only such keys. */
static const struct {
	const char *type;
	const char *algorithms;
} offers[] = {
	{ "RSA", "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
		 "RSA+SHA256:RSA+SHA384:RSA+SHA512" },
	{ "EC", "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512" },
	{ "ED25519", "ed25519" },
};
#define OFFERS (sizeof(offers) / sizeof(offers[0]))

bool
tls_split(const char *text, char **host, char **port)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon == NULL ? 0 : (size_t)(colon - text);

	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (memchr(text, ':', length) != NULL)
		return false;
	if (length == 0 || colon[1] == '\0' || strlen(colon + 1) > 5 ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
		return false;
	*host = strndup(text, length);
	*port = strdup(colon + 1);
	if (*host != NULL && *port != NULL)
		return true;
	free(*host);
	free(*port);
	return false;
}

static void
explain(char why[TLS_WHY_SIZE], const char *what, const char *reason)
{
	snprintf(why, TLS_WHY_SIZE, "%s: %s", what, reason);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	/* Fails for an unknown clock only. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for these events until the deadline: 0, or -1 and errno. */
static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - now_ms();
		int n = poll(&pollfd, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return 0;
		if (n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (errno != EINTR)
			return -1;
	}
}

/* The outcome of a connect() that went on in the background. */
static int
connected(int fd, int64_t deadline)
{
	int error;
	socklen_t length = sizeof(error);

	if (wait_for(fd, POLLOUT, deadline) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		return -1;
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

/* A connected socket that doesn't block, or -1 and errno. */
static int
connect_to(const struct addrinfo *address, int64_t deadline)
{
	int fd = socket(
	    address->ai_family, address->ai_socktype, address->ai_protocol);
	int saved;

	if (fd == -1)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != -1 &&
	    fcntl(fd, F_SETFL, O_NONBLOCK) != -1 &&
	    (connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
		(errno == EINPROGRESS && connected(fd, deadline) == 0)))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* SSL_ctrl() copies what it's given, but by a pointer that isn't const. */
static bool
set_text(SSL *ssl, int what, long kind, const char *text)
{
	char *copy = strdup(text);
	bool done = copy != NULL && SSL_ctrl(ssl, what, kind, copy) == 1;

	free(copy);
	return done;
}

static bool
offer_what_fits(SSL *ssl, const X509 *like)
{
	const EVP_PKEY *key = X509_get0_pubkey(like);

	for (size_t i = 0; i < OFFERS; i++)
		if (EVP_PKEY_is_a(key, offers[i].type))
			return set_text(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0,
			    offers[i].algorithms);
	return true;
}

/* A client's connection that accepts every certificate. */
static SSL *
client_new(const struct tls_target *target, int fd)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = context == NULL ? NULL : SSL_new(context);

	/* ssl has its own reference. */
	SSL_CTX_free(context);
	if (ssl == NULL)
		return NULL;
	/* However weak it is, what's served is to be seen. */
	SSL_set_security_level(ssl, 0);
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (SSL_set_fd(ssl, fd) == 1 &&
	    (target->server_name == NULL ||
		set_text(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		    TLSEXT_NAMETYPE_host_name, target->server_name)) &&
	    (target->like == NULL || offer_what_fits(ssl, target->like)))
		return ssl;
	SSL_free(ssl);
	return NULL;
}

/* NULL once the handshake is done, or what went wrong. */
static const char *
shake_hands(SSL *ssl, int fd, int64_t deadline)
{
	for (;;) {
		const char *reason;
		int result, error;

		ERR_clear_error();
		errno = 0;
		result = SSL_connect(ssl);
		if (result == 1)
			return NULL;
		error = SSL_get_error(ssl, result);
		if (error == SSL_ERROR_WANT_READ ||
		    error == SSL_ERROR_WANT_WRITE) {
			if (wait_for(fd,
				error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
				deadline) == 0)
				continue;
			return strerror(errno);
		}
		reason = ERR_reason_error_string(ERR_peek_error());
		if (reason != NULL)
			return reason;
		return errno != 0 ? strerror(errno) : "connection closed";
	}
}

/* The leaf that one address presents. */
static X509 *
served_at(const struct tls_target *target, const struct addrinfo *address,
    char why[TLS_WHY_SIZE])
{
	int64_t deadline = now_ms() + target->timeout_ms;
	const char *reason;
	X509 *leaf = NULL;
	SSL *ssl;
	int fd = connect_to(address, deadline);

	if (fd == -1) {
		explain(why, "can't connect", strerror(errno));
		return NULL;
	}
	ssl = client_new(target, fd);
	reason = ssl == NULL ? "OpenSSL can't start"
			     : shake_hands(ssl, fd, deadline);
	if (reason == NULL) {
		leaf = SSL_get1_peer_certificate(ssl);
		if (leaf == NULL)
			reason = "no certificate";
	}
	if (reason != NULL)
		explain(why, "TLS", reason);
	SSL_free(ssl);
	ERR_clear_error();
	close(fd);
	return leaf;
}

X509 *
tls_served_leaf(const struct tls_target *target, char why[TLS_WHY_SIZE])
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *addresses;
	X509 *leaf = NULL;
	int error = getaddrinfo(target->host, target->port, &hints, &addresses);

	if (error != 0) {
		explain(why, "no address", gai_strerror(error));
		return NULL;
	}
	for (const struct addrinfo *address = addresses;
	     leaf == NULL && address != NULL; address = address->ai_next)
		leaf = served_at(target, address, why);
	freeaddrinfo(addresses);
	return leaf;
}
