#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Every block of every page's EXAMPLES is run, in order, in the lab.

load helpers

# The literal blocks of EXAMPLES, as the reader sees them.
examples_of() {
	awk '/^\.Sh / { on = /EXAMPLES/ }
	    on && /^\.Bd -literal/ { block = 1; next }
	    on && /^\.Ed/ { block = 0; print "" }
	    on && block { gsub(/\\e/, "\\"); sub(/^\\&/, ""); gsub(/\\\(aq/, "\047")
	        gsub(/\\\(dq/, "\""); gsub(/\\-/, "-"); print }' "$1"
}

run_examples() {
	enter_workplace
	examples_of "$BATS_TEST_DIRNAME/../man/$1" > examples.sh
	[ -s examples.sh ] || skip "no example that could be run"
	sh -eu examples.sh
}

@test "the examples of acme-account(1) work as printed" {
	run_examples acme-account.1
}

@test "the examples of acme-order(1) work as printed" {
	run_examples acme-order.1
}

@test "the examples of csr-gen(1) work as printed" {
	run_examples csr-gen.1
}

@test "the examples of acme-finalize(1) work as printed" {
	run_examples acme-finalize.1
}

@test "the examples of dns-txt-set(1) work as printed" {
	run_examples dns-txt-set.1
}

@test "the examples of dns-txt-wait(1) work as printed" {
	run_examples dns-txt-wait.1
}

@test "the examples of cert-push(1) work as printed" {
	run_examples cert-push.1
}

@test "the examples of cert-due(1) work as printed" {
	run_examples cert-due.1
}

@test "the examples of certrig-fleet(5) work as printed" {
	export CERTRIG=$BATS_TEST_DIRNAME/../mk
	run_examples certrig-fleet.5
}

@test "the examples of certrig(7) work as printed" {
	run_examples certrig.7
}

