#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What each filter does with a document that isn't what it should be.

load helpers

setup() {
	enter_workplace
}

# Each filter with its options, and the members it can't do without.
filters() {
	cat <<'EOF'
acme-order -a account.json
dns-txt-set -c dns.json
dns-txt-set -d -c dns.json
dns-txt-wait -t 1
csr-gen -k new.pem
acme-finalize -t 1 -a account.json
cert-push -c push.json
EOF
}

# A whole document, with nothing behind it.
whole() {
	issue example.com
	mv issued.json whole.json
	rm -f new.pem
}

# Exit 65, one line on stderr, nothing on stdout.
refuses() {
	run_apart "$@"
	if [ "$status" -ne 65 ] || [ -s out ] || [ "$(wc -l < err)" -ne 1 ] ||
	    ! grep -q "^$1: .*: ." err; then
		echo "$*: exit $status, stdout $(wc -c < out) bytes, stderr:"
		cat err
		echo "input:"; head -c 300 input
		return 1
	fi
}

@test "an empty input is refused by every filter" {
	: > input
	while read -r filter; do
		refuses $filter < input
	done < <(filters)
}

@test "a truncated document is refused by every filter" {
	whole
	size=$(wc -c < whole.json)
	for at in 1 50 $((size / 2)) $((size - 3)); do
		head -c "$at" whole.json > input
		while read -r filter; do
			refuses $filter < input
		done < <(filters)
	done
}

@test "a wrong type in any member is refused by every filter" {
	whole
	for member in $(jq -r 'keys[]' whole.json); do
		for wrong in 17 true null '{}' '[[1]]' '[17]' '""'; do
			jq --argjson wrong "$wrong" --arg member "$member" \
			    '.[$member] = $wrong' whole.json > input
			while read -r filter; do
				refuses $filter < input
			done < <(filters)
		done
	done
}

@test "a document of an earlier stage is refused with the filter that's missing" {
	whole
	jq '{mine: 1}' whole.json > input
	refuses acme-order -a account.json < input
	jq '{identifiers}' whole.json > input
	refuses dns-txt-set -c dns.json < input
	grep -q 'acme-order comes first' err
	refuses dns-txt-wait < input
	refuses acme-finalize -a account.json < input
	jq 'del(.csr, .certificate)' whole.json > input
	refuses acme-finalize -a account.json < input
	grep -q 'csr-gen comes first' err
	jq 'del(.certificate)' whole.json > input
	refuses cert-push -c push.json < input
	grep -q 'acme-finalize comes first' err
}

@test "an order of another account is refused" {
	whole
	jq '.account = "https://127.0.0.1/else"' whole.json > input
	refuses acme-order -a account.json < input
	refuses acme-finalize -a account.json < input
}

@test "no document makes dns-txt-set write to a name that isn't a challenge's" {
	echo '{"txt":[{"name":"www.example.com","value":"0123456789012345678901234567890123456789012"}]}' > input
	refuses dns-txt-set -c dns.json < input
}
