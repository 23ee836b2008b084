#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Secrets stay out of every process's arguments and environment, and out of
# documents and messages.

load helpers

setup() {
	enter_workplace
}

# Copies the arguments and environment of every process, again and again,
# until the file stop appears.
watch() {
	while [ ! -e stop ]; do
		cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null |
		    tr '\0' '\n' | grep -v '^$' >> seen
		echo >> rounds
	done
}

# The lines of base64 that hold the private part of a P-256 key in PKCS #8, the
# first two; the third is its public part, which every CSR has too.
private_lines_of() {
	sed -n 2,3p "$1"
}

@test "no key, token or TSIG secret is in any process's arguments or environment, nor in a document or message" {
	watch 3>&- &
	watcher=$!
	for i in 1 2 3; do
		rm -f key.pem
		acme-order -v -a account.json example.com 2>> messages | tee 1.json |
		    dns-txt-set -v -c dns.json 2>> messages | dns-txt-wait -v 2>> messages |
		    csr-gen -v -k key.pem 2>> messages | tee 2.json |
		    acme-finalize -v -a account.json > issued.json 2>> messages
		dns-txt-set -v -d -c dns.json < issued.json > gone.json 2>> messages
		cert-push -v -c push.json < issued.json > record.json 2>> messages
		private_lines_of key.pem >> secrets
	done
	touch stop
	wait "$watcher"
	private_lines_of account.key >> secrets
	cat tsig.secret >> secrets
	[ "$(wc -l < secrets)" -eq 9 ]
	# The watcher saw the programs at work, or the test would prove nothing.
	grep -q '^cert-receive$\|cert-receive' seen
	grep -q '^acme-finalize' seen
	[ "$(wc -l < rounds)" -gt 10 ]
	! grep -F -f secrets seen
	! grep -F -f secrets messages 1.json 2.json issued.json gone.json record.json
}

@test "a secret that others can read is refused" {
	acme-order -a account.json "new-$RANDOM.example.com" > order.json
	chmod 644 tsig.secret
	run dns-txt-set -c dns.json < order.json
	[ "$status" -eq 77 ]
	chmod 644 account.key
	run acme-order -a account.json example.com
	[ "$status" -eq 77 ]
}

@test "no program leaves a core file" {
	ulimit -c unlimited 2>/dev/null || skip 'core files are off for good here'
	mkfifo document
	acme-order -a account.json < document 2> err 3>&- &
	pid=$!
	exec 5> document
	for _ in $(seq 100); do
		grep -q 'Max core file size  *0  *0 ' "/proc/$pid/limits" && break
		sleep 0.05
	done
	grep 'Max core file size  *0  *0 ' "/proc/$pid/limits"
	exec 5>&-
	wait "$pid" || :
}
