#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# make -C fleet renew, against the lab.

load helpers

setup() {
	export CERTRIG_BIN=	# those of PATH, as everywhere else
	cd "$BATS_TEST_TMPDIR"
	mkdir -p fleet/web1 fleet/web2
	cp -p "$LAB_AT"/account.json "$LAB_AT"/account.key "$LAB_AT"/dns.json \
	    "$LAB_AT"/tsig.secret fleet
	cp "$BATS_TEST_DIRNAME/../fleet/Makefile" fleet
	cd fleet
	sed -i "s|^CERTRIG = .*|CERTRIG = $(cd "$BATS_TEST_DIRNAME/../mk" && pwd)|" Makefile
	jq -n '{account: "account.json", dns: "dns.json"}' > fleet.json
	server web1 example.com '*.example.com'
	server web2 www.example.net
}

# Writes a server.json: NAME, then its names.
server() {
	local name=$1
	shift
	jq --args '{names: $ARGS.positional, push: .}' "$@" \
	    < "$LAB_AT/push-$name.json" > "$name/server.json"
}

@test "renew issues and pushes what is missing; run again, it does nothing" {
	make renew > out
	for web in web1:$LAB_WEB1_PORT:example.com web2:$LAB_WEB2_PORT:www.example.net; do
		IFS=: read -r name port host <<< "$web"
		serves "$port" "$host" "$name/cert.pem"
		[ "$(stat -c %a "$name/key.pem")" = 600 ]
		[ ! -e "$name/next" ]
	done
	[ "$(txt_of example.com)$(txt_of example.net)" = "" ]
	before=$(ls -l --time-style=full-iso web1 web2)
	make renew > out
	! grep -E 'acme-|cert-push|dns-' out
	[ "$before" = "$(ls -l --time-style=full-iso web1 web2)" ]
}

@test "make -n for one server reads like the pipe, with its arguments" {
	make -n web1 > out
	grep -qF "acme-order -a ../account.json example.com '*.example.com' >" out
	grep -qF 'dns-txt-set -c ../dns.json < next/order.json >' out
	grep -qF 'cert-push -c push.json key.pem cert.pem' out
	[ ! -e web1/next ]
}

@test "a server's own Makefile works alone" {
	make web2 > out
	rm -r web2/key.pem web2/cert.pem
	make -C web2 renew > out
	serves "$LAB_WEB2_PORT" www.example.net "web2/cert.pem"
}

@test "a certificate older than the fleet's days is renewed, and the old pair kept" {
	make web2 > out
	old=$(fingerprint web2/cert.pem)
	jq '.renew_after_days = 0' fleet.json > new && mv new fleet.json
	sleep 1.1	# older than 0 days: validity counts in seconds
	make renew > out
	[ "$old" != "$(fingerprint web2/cert.pem)" ]
	[ "$old" = "$(fingerprint web2/previous/cert.pem)" ]
	[ "$(openssl pkey -pubout -in web2/previous/key.pem)" = \
	    "$(openssl x509 -noout -pubkey -in web2/previous/cert.pem)" ]
}

@test "a change of names in server.json renews" {
	make web2 > out
	server web2 www.example.net foo.example.net
	make -C web2 renew > out
	openssl x509 -noout -ext subjectAltName -in web2/cert.pem |
	    grep -q foo.example.net
}

@test "a server that was down is pushed to later, without a new order" {
	"$BATS_TEST_DIRNAME/lab/lab" kill sshd "$LAB_AT"
	run make web2
	[ "$status" -ne 0 ]
	issued=$(fingerprint web2/cert.pem)
	[ ! -e web2/next ]
	"$BATS_TEST_DIRNAME/lab/lab" revive sshd "$LAB_AT" 3>&-
	make renew > out
	[ "$issued" = "$(fingerprint web2/cert.pem)" ]
	serves "$LAB_WEB2_PORT" www.example.net web2/cert.pem
}

@test "with DNS down the attempt stays, and the next run goes on with its order" {
	# A new name: one that is proven already would need no record.
	server web2 www.example.net "new-$RANDOM.example.net"
	"$BATS_TEST_DIRNAME/lab/lab" kill knot "$LAB_AT"
	run make web2
	[ "$status" -ne 0 ]
	order=$(jq -r .order web2/next/order.json)
	"$BATS_TEST_DIRNAME/lab/lab" revive knot "$LAB_AT" 3>&-
	make -n -C web2 renew > out
	! grep -q '^acme-order' out
	[ "$order" = "$(jq -r .order web2/next/order.json)" ]
	make renew > out
	serves "$LAB_WEB2_PORT" www.example.net "web2/cert.pem"
	[ "$(txt_of example.net)" = "" ]
}

@test "an attempt that fails for good is dropped, its records first" {
	server web2 www.example.net "new-$RANDOM.example.net" "new-$RANDOM.example.net"
	make -n web2 > out
	make -C web2 next/txt.json > out
	# One record that the CA will look for is taken away again.
	jq '.txt |= .[:1]' web2/next/txt.json > one.json
	dns-txt-set -d -c dns.json < one.json > out
	[ "$(txt_of example.net | wc -l)" -ge 1 ]
	run make renew
	[ "$status" -ne 0 ]
	[ ! -e web2/next ]
	[ "$(txt_of example.net)" = "" ]
	[ -e web1/cert.pem ]
	make renew > out
	serves "$LAB_WEB2_PORT" www.example.net "web2/cert.pem"
}

@test "one bad server.json is refused by file and member, and stops no other" {
	echo '{"names": ["example.com"], "nmaes": 1}' > web1/server.json
	run make renew
	[ "$status" -ne 0 ]
	[[ "$output" == *"web1/server.json: nmaes: is no member that is known"* ]]
	serves "$LAB_WEB2_PORT" www.example.net "web2/cert.pem"
}

@test "nothing in a server.json reaches the shell or make" {
	touched=$PWD/touched
	for evil in '$(shell touch '"$touched"')' '`touch '"$touched"'`' \
	    '$(touch '"$touched"')' "'; touch $touched; '" 'a.example.com; touch x' \
	    '-a.example.com' '#.example.com' $'a\n\ttouch x.example.com' \
	    '192.0.2.1' 'münchen.example.com' '*.*.example.com' ''; do
		jq -n --arg evil "$evil" '{names: [$evil]}' > web1/server.json
		run make -n web1
		[ "$status" -ne 0 ]
		[[ "$output" == *"web1/server.json: names"* ]]
	done
	# A path may have any of these: it is quoted.
	for evil in '$(shell touch '"$touched"')' "a'b; touch $touched" 'a#b' \
	    '`touch '"$touched"'`' '$$(touch x)' '-rf'; do
		jq -n --arg evil "$evil" '{names: ["www.example.net"], dns: $evil}' \
		    > web1/server.json
		run make web1
		[ "$status" -ne 0 ]
		grep -qF "$(jq -nr --arg evil "../$evil" '$evil | gsub("\\$"; "$$")' |
		    sed "s/'/'\\\\\\\\''/g; s/#/\\\\\\\\#/g" | head -c 4)" web1/Makefile
		rm -rf web1/next
	done
	[ ! -e "$touched" ]
	[ ! -e web1/x ]
	[ ! -e x ]
}
