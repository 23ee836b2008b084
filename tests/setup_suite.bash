# SPDX-License-Identifier: ISC
# One lab for all bats files: a CA, DNS, two web servers reached by SSH.

setup_suite() {
	LAB_AT=$(mktemp -d /tmp/certrig.XXXXXX)
	export LAB_AT
	rmdir "$LAB_AT"
	"$BATS_TEST_DIRNAME/lab/lab" start "$LAB_AT" >&2 3>&- 4>&- || return
	set -a
	. "$LAB_AT/env"
	set +a
	export CA=$LAB_DIRECTORY_URL
	(cd "$LAB_AT" &&
	    acme-account new -y -k account.key "$CA" > account.json)
}

teardown_suite() {
	"$BATS_TEST_DIRNAME/lab/lab" stop "$LAB_AT"
}
