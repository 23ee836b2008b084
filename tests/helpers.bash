# SPDX-License-Identifier: ISC
# What the bats files share.

# A directory of the test's own with the operator's files in it.
enter_workplace() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -p "$LAB_AT"/account.json "$LAB_AT"/account.key "$LAB_AT"/dns*.json \
	    "$LAB_AT"/tsig*.secret .
	cp "$LAB_AT"/push-web1.json push.json
}

# The TXT records of a zone, "name value" a line.
txt_of() {
	kdig +tcp +noall +answer -p "$LAB_DNS_PORT" @127.0.0.1 "$1" AXFR |
		awk '$4 == "TXT" { print $1, $5 }' | tr -d '"' | sort
}

fingerprint() {
	openssl x509 -noout -fingerprint -sha256 -in "$1"
}

# What the server at this port presents for this name.
served() {
	openssl s_client -connect "127.0.0.1:$1" -servername "$2" </dev/null \
	    2>/dev/null | openssl x509 -noout -fingerprint -sha256
}

# Waits until the server at this port presents, for this name, the certificate
# in this file: nginx's old workers may take a few more connections.
serves() {
	for _ in $(seq 50); do
		[ "$(served "$1" "$2")" = "$(fingerprint "$3")" ] && return
		sleep 0.1
	done
	echo "$2 at port $1: not the certificate in $3"
	return 1
}

# The pipe of certrig(7), as typed, for the names given.
issue() {
	acme-order -a account.json "$@" | dns-txt-set -c dns.json |
		dns-txt-wait | csr-gen -k key.pem |
		acme-finalize -a account.json > issued.json
	local status=$?
	[ ! -s issued.json ] || dns-txt-set -d -c dns.json < issued.json \
	    > /dev/null || return
	return $status
}

# `run`, with stdout in the file out and stderr in the file err.
run_apart() {
	status=0
	"$@" >out 2>err || status=$?
}
