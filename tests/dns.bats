#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# dns-txt-set and dns-txt-wait against Knot DNS.

load helpers

setup() {
	enter_workplace
	digest=0123456789012345678901234567890123456789012
	other=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
	owner=_acme-challenge.t$BATS_TEST_NUMBER.example.com
	jq -n --arg name "$owner" --arg value $digest \
	    '{txt: [{name: $name, value: $value}]}' > txt.json
}

# The values at our owner name.
values() {
	txt_of example.com | awk -v name="$owner." '$1 == name { print $2 }'
}

@test "one value is added and deleted by hmac-sha256 and by hmac-sha512" {
	for dns in dns.json dns512.json; do
		dns-txt-set -c $dns < txt.json > out
		[ "$(values)" = "$digest" ]
		dns-txt-set -d -c $dns < txt.json > out
		[ "$(values)" = "" ]
		cmp <(jq -S . txt.json) <(jq -S . out)
	done
}

@test "another's value at the same name survives adding and deleting" {
	jq --arg value $other '.txt[0].value = $value' txt.json > other.json
	dns-txt-set -c dns.json < other.json > out
	dns-txt-set -c dns.json < txt.json > out
	[ "$(values | wc -l)" -eq 2 ]
	dns-txt-set -d -c dns.json < txt.json > out
	[ "$(values)" = "$other" ]
	dns-txt-set -d -c dns.json < other.json > out
}

@test "adding what is there and deleting what isn't are successes" {
	dns-txt-set -c dns.json < txt.json > out
	dns-txt-set -c dns.json < txt.json > out
	[ "$(values)" = "$digest" ]
	dns-txt-set -d -c dns.json < txt.json > out
	dns-txt-set -d -c dns.json < txt.json > out
}

@test "records of several zones are published by one call" {
	jq --arg value $other '.txt += [{name: "_acme-challenge.b.example.net",
	    value: $value}] | .txt += [.txt[0] | .value = $value]' txt.json > three.json
	dns-txt-set -c dns.json < three.json > out
	[ "$(values | wc -l)" -eq 2 ]
	[ "$(txt_of example.net | wc -l)" -eq 1 ]
	dns-txt-set -d -c dns.json < three.json > out
	[ "$(values)$(txt_of example.net)" = "" ]
}

@test "more records than fit into 512 bytes go by TCP" {
	jq '.txt[0] as $one | .txt = [range(40) | $one | .value = "\(. )" ]' txt.json >/dev/null
	jq --arg name "$owner" '{txt: [range(10; 50) | {name: $name,
	    value: ("a" * 41 + tostring)}]}' <<< '{}' > many.json
	dns-txt-set -c dns.json < many.json > out
	[ "$(values | wc -l)" -eq 40 ]
	dns-txt-wait < many.json > out
	dns-txt-set -d -c dns.json < many.json > out
	[ "$(values)" = "" ]
}

# Exit status, then words that the one line on stderr must have.
fails_with() {
	want=$1
	shift
	run_apart dns-txt-set -c dns.json < txt.json
	[ "$status" -eq "$want" ] || { echo "exit $status"; cat err; return 1; }
	[ ! -s out ]
	[ "$(wc -l < err)" -eq 1 ]
	for word; do
		grep -q "$word" err || { cat err; return 1; }
	done
}

@test "a wrong secret ends with 77 and says so, and nothing is written" {
	openssl rand -base64 32 > tsig.secret
	fails_with 77 BADSIG secret
	! grep -qF "$(cat tsig.secret)" err
	[ "$(values)" = "" ]
}

@test "an unknown key name ends with 77" {
	jq '.key_name = "nobody"' dns.json > new && mv new dns.json
	fails_with 77 BADKEY
}

@test "a secret that isn't base64 is refused" {
	echo 'not base64!' > tsig.secret
	fails_with 78 base64
}

@test "a server that isn't authoritative ends with 78" {
	jq '.txt[0].name = "_acme-challenge.example.test"' txt.json > new && mv new txt.json
	fails_with 78 'no zone for it'
}

@test "a zone that the key may not write ends with 77" {
	jq '.txt[0].name = "_acme-challenge.example.org"' txt.json > new && mv new txt.json
	fails_with 77 refuses
}

@test "an alias at the name is refused rather than ignored" {
	jq '.txt[0].name = "_acme-challenge.alias.example.com"' txt.json > new && mv new txt.json
	fails_with 78 CNAME
}

@test "a server that doesn't answer ends with 75" {
	jq '.port = 9' dns.json > new && mv new dns.json
	fails_with 75 'no answer'
}

@test "a misspelt member of dns.json is refused by its name" {
	jq '.algoritm = "hmac-sha256"' dns.json > new && mv new dns.json
	fails_with 78 algoritm
}

@test "a record that isn't there is waited for until the deadline, with 75" {
	run_apart dns-txt-wait -t 1 < txt.json
	[ "$status" -eq 75 ]
	[ ! -s out ]
	grep -q "$owner: not yet at server 127.0.0.1:$LAB_DNS_PORT: NXDOMAIN" err
}

@test "dns-txt-wait goes on when the record appears" {
	dns-txt-wait -t 20 < txt.json > out 3>&- &
	waiter=$!
	dns-txt-set -c dns.json < txt.json > /dev/null
	wait $waiter
	cmp <(jq -S . txt.json) <(jq -S . out)
	dns-txt-set -d -c dns.json < txt.json > /dev/null
}

@test "-s names the servers to ask" {
	dns-txt-set -c dns.json < txt.json > /dev/null
	CERTRIG_RESOLVER=127.0.0.1:9 dns-txt-wait -s "127.0.0.1:$LAB_DNS_PORT" < txt.json > out
	[ -s out ]
	dns-txt-set -d -c dns.json < txt.json > /dev/null
}

@test "where nothing is to be published, no provider is needed" {
	echo '{"txt": []}' | dns-txt-set -c missing.json | dns-txt-wait > out
	[ "$(jq -c . out)" = '{"txt":[]}' ]
}
