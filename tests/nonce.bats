#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A CA that rejects good nonces, by default and by half.

load helpers

setup_file() {
	export OTHER_LAB
	OTHER_LAB=$(mktemp -d /tmp/certrig.XXXXXX)
	rmdir "$OTHER_LAB"
	PEBBLE_WFE_NONCEREJECT=50 "$BATS_TEST_DIRNAME/lab/lab" start \
	    "$OTHER_LAB" >&2 3>&- 4>&-
}

teardown_file() {
	"$BATS_TEST_DIRNAME/lab/lab" stop "$OTHER_LAB"
}

twenty_times() {
	for i in $(seq 20); do
		rm -f key.pem
		issue "n$i.example.com" || return
		jq -e .certificate issued.json > /dev/null || return
	done
}

@test "20 certificates of 20 are issued with 5 % of the nonces rejected" {
	enter_workplace
	twenty_times
}

@test "20 certificates of 20 are issued with 50 % of the nonces rejected" {
	. "$OTHER_LAB/env"
	LAB_AT=$OTHER_LAB
	cd "$BATS_TEST_TMPDIR"
	cp -p "$OTHER_LAB"/dns.json "$OTHER_LAB"/tsig.secret .
	acme-account new -y -k account.key "$LAB_DIRECTORY_URL" > account.json
	twenty_times
}
