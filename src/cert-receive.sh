#!/bin/sh
# SPDX-License-Identifier: ISC
# The server's side of cert-push: reads a private key and its chain, one PEM
# stream, on stdin; makes them current in one step, tests, reloads, and goes
# back if that fails.  cert-push brings it along; it also is a forced command.
set -eu
umask 077

dir='' test='' reload=''
made=''		# the directory we made, while it may have to go again
reader=''	# the process that copies stdin
switched=''	# "current" may point to it
reloading=''	# and the service may have seen that

# Nobody may be listening any more, and that mustn't stop a roll-back.
say() { echo "${0##*/}: $*" >&2 || :; }
fail() { status=$1; shift; say "$@"; exit "$status"; }

# stdout is the record's alone.
run() { sh -c "$1" </dev/null >&2; }

# fsync(2) where sync takes files, all of the system's buffers elsewhere.
sync_files() { sync "$@" 2>/dev/null || sync; }

# A plain mv would move into the directory that the old link points to: GNU
# and busybox have -T against that, the BSDs -h.
point_current_to() {
	link=$dir/.current-$$
	rm -f "$link" && ln -s "$1" "$link" || return
	if ! mv -fT "$link" "$current" 2>/dev/null &&
	    ! mv -fh "$link" "$current" 2>/dev/null; then
		say "$current: mv can't replace it in one step, trying in two"
		rm -f "$current" && mv -f "$link" "$current" || return
	fi
	sync_files "$dir"
}

# Where another push came after ours, its link stays, and our directory too,
# as it may be what that push goes back to.
roll_back() {
	if [ "$(readlink "$current")" != "${made##*/}" ]; then
		made=''
	elif if [ -n "$previous" ]; then point_current_to "$previous"
	    else rm -f "$current"; fi; then
		say "rolled back to ${previous:-nothing}"
	else
		made=''
		say "$current: can't be rolled back"
	fi
	[ -n "$reloading" ] || return 0
	run "$reload" || say "failed again after the roll-back: $reload"
}

finish() {
	status=$?
	set +e
	trap '' HUP INT TERM
	[ -z "$reader" ] || kill "$reader" 2>/dev/null
	[ -z "$switched" ] || roll_back
	[ -z "$made" ] || rm -rf "$made" "$dir/.current-$$"
	exit "$status"
}

# A private key, then certificates, each whole, and nothing else.
check_stream() {
	block='' keys=0 certificates=0
	while IFS= read -r line || [ -n "$line" ]; do
		case $block:$keys:$line in
		':0:-----BEGIN '*'PRIVATE KEY-----') block=key ;;
		'key:0:-----END '*'PRIVATE KEY-----') block='' keys=1 ;;
		':1:-----BEGIN CERTIFICATE-----') block=certificate ;;
		'certificate:1:-----END CERTIFICATE-----')
			block='' certificates=$((certificates + 1)) ;;
		:[01]:) ;;
		:* | *:[01]:*[!A-Za-z0-9+/=]*)
			fail 65 'stdin: not one private key, then certificates'
			;;
		esac
	done <"$made/stream"
	[ "$block$certificates" != 0 ] || fail 65 'stdin: no certificate'
	[ -z "$block" ] || fail 65 "stdin: cut off within a $block"
}

check_pair() {
	command -v openssl >/dev/null || return 0
	of_key=$(openssl pkey -in "$made/key.pem" -passin pass: -pubout) ||
		fail 65 'stdin: openssl can not read the private key'
	of_leaf=$(openssl x509 -in "$made/cert.pem" -noout -pubkey) ||
		fail 65 'stdin: openssl can not read the first certificate'
	[ "$of_key" = "$of_leaf" ] ||
		fail 65 "stdin: the key isn't the first certificate's"
}

# All but three: ours, the one before it, and the last of the others.  What
# hasn't our form of name isn't ours.
prune() {
	d='[0-9]' six='[0-9][0-9][0-9][0-9][0-9][0-9]'
	keep=1
	[ -n "$previous" ] || keep=2
	set --
	# shellcheck disable=SC2231 # patterns
	for old in "$dir"/$d$d${six}T${six}Z-$d*; do
		case ${old##*/} in
		"${made##*/}" | "$previous" | *-*[!0-9]*) continue ;;
		esac
		[ ! -d "$old" ] || [ -L "$old" ] || set -- "$@" "$old"
	done
	while [ $# -gt "$keep" ]; do
		rm -rf "$1" || say "$1: can't be removed"
		shift
	done
}

while getopts d:t:r: option; do
	case $option in
	d) dir=$OPTARG ;;
	t) test=$OPTARG ;;
	r) reload=$OPTARG ;;
	*) dir='' && break ;;
	esac
done
if [ $# -ge "$OPTIND" ] || [ -z "$dir" ]; then
	fail 64 'usage: cert-receive -d DIR [-t TEST] [-r RELOAD]'
fi
# What these characters make needs no quotes, neither here nor in JSON.
case $dir in
[!/]* | *[!A-Za-z0-9._/+@-]*) fail 64 "$dir: not a plain absolute path" ;;
esac
current=$dir/current
[ ! -e "$current" ] || [ -L "$current" ] || fail 73 "$current: not a link"
previous=$(readlink "$current") || previous=''
case $previous in
*[!A-Za-z0-9._/+@-]*) fail 73 "$current: not a link to a plain path" ;;
esac

trap finish EXIT
trap 'fail 75 interrupted' HUP INT TERM
trap : PIPE	# rather than ignored: that, the commands would inherit

# Without -p, which would make missing parents, and those unreadable.
[ -d "$dir" ] || mkdir "$dir" || fail 73 "$dir: can't be made"
made=$dir/$(date -u +%Y%m%dT%H%M%SZ)-$$
mkdir -m 700 "$made" || { made='' && fail 73 "$dir: can't be written"; }

# A shell looks at signals between its children only, hence the wait; and a
# child in the background has /dev/null for stdin, hence the descriptor.
exec 3<&0
cat <&3 >"$made/stream" &
reader=$!
wait "$reader" || fail 73 "$made: can't be written"
reader=''
exec 3<&-

check_stream
end='/^-----END .*PRIVATE KEY-----$/'
sed "${end}q" "$made/stream" >"$made/key.pem" || fail 73 "$made/key.pem"
sed "1,${end}d" "$made/stream" >"$made/cert.pem" || fail 73 "$made/cert.pem"
rm "$made/stream"
check_pair
sync_files "$made/key.pem" "$made/cert.pem" "$made" "$dir"

switched=yes
point_current_to "${made##*/}" || fail 73 "$current: can't be written"
[ -z "$test" ] || run "$test" || fail 69 "test failed ($?): $test"
reloading=$reload
[ -z "$reload" ] || run "$reload" || fail 69 "reload failed ($?): $reload"

switched=''
prune
installed=$made made=''
case $previous in '' | /*) ;; *) previous=$dir/$previous ;; esac
[ -z "$previous" ] || previous="\"$previous\""
printf '{"installed":"%s","previous":%s,"test":%s,"reload":%s}\n' \
    "$installed" "${previous:-null}" \
    "$([ -n "$test" ] && echo '"ok"' || echo null)" \
    "$([ -n "$reload" ] && echo '"ok"' || echo null)"
