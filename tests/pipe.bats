#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The pipe of certrig(7), against a real CA, DNS server, sshd and nginx.

load helpers

setup() {
	enter_workplace
}

pipe='acme-order -a account.json example.com foo.example.com |
  dns-txt-set -c dns.json | FILTER | dns-txt-wait |
  csr-gen -k key.pem | acme-finalize -a account.json > issued.json; dns-txt-set -d -c dns.json < issued.json
cert-push -c push.json < issued.json'

served_is_issued() {
	jq -r .certificate issued.json > cert.pem
	serves "$LAB_WEB1_PORT" example.com "cert.pem"
}

for_shell() {
	"$1" -c "${pipe//FILTER/$2}" > out
	served_is_issued
	[ "$(txt_of example.com)" = "" ]
}

@test "the pipe of certrig(7), as typed in dash, ends in a served certificate" {
	for_shell dash cat
}

@test "the pipe, as typed in bash, ends in a served certificate" {
	for_shell bash cat
}

@test "jq and tee may stand between two filters" {
	for_shell dash 'jq . | tee copy.json | jq -c .'
	[ "$(jq -c '.identifiers | length' copy.json)" -eq 2 ]
}

@test "an apex and its wildcard go into one certificate, by two values at one name" {
	acme-order -a account.json example.net '*.example.net' > order.json
	[ "$(jq -r '.txt[].name' order.json | sort -u)" = _acme-challenge.example.net ]
	[ "$(jq '.txt | length' order.json)" -eq 2 ]
	dns-txt-set -c dns.json < order.json | dns-txt-wait | csr-gen -k key.pem |
	    acme-finalize -a account.json > issued.json
	dns-txt-set -d -c dns.json < issued.json > /dev/null
	jq -r .certificate issued.json | openssl x509 -noout -ext subjectAltName > san
	grep -q 'DNS:\*.example.net' san
	grep -q 'DNS:example.net' san
	[ "$(txt_of example.net)" = "" ]
}

@test "each key type ends up in the certificate" {
	for type in ec-256 ec-384 rsa-2048 rsa-3072 rsa-4096; do
		acme-order -a account.json example.com | dns-txt-set -c dns.json |
		    dns-txt-wait | csr-gen -t $type -k $type.pem |
		    acme-finalize -a account.json > issued.json
		dns-txt-set -d -c dns.json < issued.json > /dev/null
		jq -r .certificate issued.json > cert.pem
		[ "$(openssl x509 -noout -pubkey -in cert.pem)" = \
		    "$(openssl pkey -pubout -in $type.pem)" ]
		[ "$(stat -c %a $type.pem)" = 600 ]
	done
}

@test "an account of either key type can order" {
	for type in ec-384 rsa-2048; do
		acme-account new -y -t $type -k $type.key "$CA" > account.json
		issue foo.example.com
	done
}

@test "a filter may be run again on its own input" {
	acme-order -a account.json example.com > 1
	acme-order -a account.json < 1 > 1b
	[ "$(jq -S 'del(.nonce)' 1)" = "$(jq -S 'del(.nonce)' 1b)" ]
	dns-txt-set -c dns.json < 1 > 2
	dns-txt-set -c dns.json < 1 > 2
	dns-txt-wait < 2 > 3
	dns-txt-wait < 2 > 3
	csr-gen -k key.pem < 3 > 4
	csr-gen -k key.pem < 3 > 4
	acme-finalize -a account.json < 4 > 5
	acme-finalize -a account.json < 4 > 5b
	[ "$(jq -r .certificate 5)" = "$(jq -r .certificate 5b)" ]
	dns-txt-set -d -c dns.json < 5 > /dev/null
	dns-txt-set -d -c dns.json < 5 > /dev/null
	cert-push -c push.json < 5 > /dev/null
	cert-push -c push.json < 5 > /dev/null
}

@test "unknown members pass through every filter" {
	acme-order -a account.json example.com | jq '. + {mine: {"a": [1, "é"]}}' |
	    dns-txt-set -c dns.json | dns-txt-wait | csr-gen -k key.pem |
	    acme-finalize -a account.json > issued.json
	dns-txt-set -d -c dns.json < issued.json > gone.json
	[ "$(jq -c .mine gone.json)" = '{"a":[1,"é"]}' ]
}

@test "a failed validation is reported for what it is, and ends with 69" {
	# An authorization that is valid already would need no record.
	acme-order -a account.json "never-$RANDOM.example.com" |
	    csr-gen -k key.pem > csr.json
	run_apart acme-finalize -a account.json < csr.json
	[ "$status" -eq 69 ]
	[ ! -s out ]
	grep -q 'acme-finalize: never-.*: unauthorized\|acme-finalize: never-.*: dns' err
}

@test "a failed filter fails the pipe without pipefail" {
	run sh -c 'acme-order -a none.json example.com | dns-txt-set -c dns.json |
	    dns-txt-wait | csr-gen -k key.pem | acme-finalize -a account.json'
	[ "$status" -eq 65 ]
	[ ! -e key.pem ]
}

@test "the document holds no secret" {
	issue example.com
	secret=$(cat tsig.secret)
	! grep -qF "$secret" issued.json
	! grep -q 'PRIVATE KEY' issued.json
}

@test "a key that is there is used, never overwritten" {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem
	chmod 600 key.pem
	before=$(sha256sum key.pem)
	echo '{"identifiers":[{"type":"dns","value":"example.com"}]}' > doc
	csr-gen -k key.pem < doc > out
	run csr-gen -t rsa-2048 -k key.pem < doc
	[ "$status" -eq 78 ]
	[ "$before" = "$(sha256sum key.pem)" ]
}

@test "terms of service are agreed to by the operator only" {
	run acme-account new -k new.key "$CA"
	[ "$status" -eq 77 ]
	[[ "$output" == *terms* ]]
}

@test "an account is found again by its key" {
	acme-account show -k account.key "$CA" > again.json
	[ "$(jq -r .account again.json)" = "$(jq -r .account account.json)" ]
	acme-account show -a account.json | jq -e '.status == "valid"'
}

@test "an IP address is refused before anything is ordered" {
	run acme-order -a account.json 192.0.2.1
	[ "$status" -eq 65 ]
	[[ "$output" == *"IP address"* ]]
}
