#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# cert-receive alone, under each shell of a server that is here: its test and
# reload commands stand for nginx's.
# shellcheck disable=SC2010,SC2011 # our own names of files hold no spaces
# shellcheck disable=SC2016,SC2086 # a later shell expands; $shell is words

script=$BATS_TEST_DIRNAME/../src/cert-receive.sh

setup_file() {
	for name in one two; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		    -nodes -days 2 -subj "/CN=$name" -addext \
		    "subjectAltName=DNS:$name.example" \
		    -keyout "$BATS_FILE_TMPDIR/$name.key" \
		    -out "$BATS_FILE_TMPDIR/$name.pem" 2>/dev/null
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return
	shells=(dash bash)
	if command -v busybox >/dev/null; then
		# Its own mv, sed and sync, not GNU's.
		mkdir -p applets
		busybox --install -s applets
		shells+=("env PATH=$PWD/applets:$PATH busybox sh")
	fi
}

# under_each_shell FUNCTION: in a new $dir each, and $shell says which.
under_each_shell() {
	local number=0
	for shell in "${shells[@]}"; do
		number=$((number + 1))
		dir=$BATS_TEST_TMPDIR/$number
		"$@" || { echo "under: $shell" >&2; return 1; }
	done
}

receive() { $shell "$script" -d "$dir" "$@"; }
push() { cat "$1.key" "$1.pem" | receive "${@:2}"; }
rejected() {	# rejected STATUS COMMAND...
	local status=0 output
	output=$("${@:2}" 2>"$BATS_TEST_TMPDIR/stderr") || status=$?
	[ "$status" -eq "$1" ] || fail "status $status, expected $1:" \
	    "$(cat "$BATS_TEST_TMPDIR/stderr")"
	[ -z "$output" ] || fail "stdout isn't empty: $output"
}
fail() { echo "$*" >&2; return 1; }
same() { [ "$1" = "$2" ] || fail "expected: $1, got: $2"; }
directories() { find "$dir" -mindepth 1 -maxdepth 1 -type d | wc -l; }
current_is() {
	cmp "$1.key" "$dir/current/key.pem" &&
	cmp "$1.pem" "$dir/current/cert.pem"
}

first_install() {
	record=$(push one -t 'echo noise; cat' -r 'echo noise') &&
	current_is one &&
	same "{\"installed\":\"$dir/$(readlink "$dir/current")\",\"previous\":null,\"test\":\"ok\",\"reload\":\"ok\"}" "$record" &&
	same 'cert.pem key.pem' "$(ls "$dir/current" | xargs)" &&
	same 'current' "$(ls -A "$dir" | grep -v '^2.*Z-[0-9]*$')"
}
@test "cert-receive: the first push installs both and prints its record alone" {
	under_each_shell first_install
}

second_install() {
	push one >/dev/null && before=$(readlink "$dir/current") &&
	record=$(push two) && current_is two &&
	cmp one.key "$dir/$before/key.pem" &&
	same "{\"installed\":\"$dir/$(readlink "$dir/current")\",\"previous\":\"$dir/$before\",\"test\":null,\"reload\":null}" "$record"
}
@test "cert-receive: a second push replaces the first, which stays on disk" {
	under_each_shell second_install
}

private_modes() {
	mkdir -m 755 "$dir" && (umask 000 && push one >/dev/null) &&
	same '600 600 700' "$(cd "$dir/current/" &&
	    stat -c %a key.pem cert.pem . | xargs)"
}
@test "cert-receive: only the owner can read what it installs" {
	under_each_shell private_modes
}

never_wide() {	# looks while stdin is half read
	mkdir -m 755 "$dir" || return
	{
		cat one.key
		for _ in $(seq 100); do
			[ ! -s "$(echo "$dir"/2*/stream)" ] || break
			sleep 0.05
		done
		stat -c %a "$dir"/2* "$dir"/2*/* >"$BATS_TEST_TMPDIR/modes"
		cat one.pem
	} | (umask 000 && receive >/dev/null) &&
	same '700 600' "$(xargs <"$BATS_TEST_TMPDIR/modes")"
}
@test "cert-receive: the key is private from its first byte" {
	under_each_shell never_wide
}

mismatched_key() {
	push one >/dev/null &&
	rejected 65 push_files one.key two.pem && current_is one &&
	same 1 "$(directories)"
}
push_files() { cat "$@" | receive; }
@test "cert-receive: a key that isn't the leaf's is refused" {
	under_each_shell mismatched_key
}

# Cut at every line and once within the last.
truncated() {
	push one >/dev/null || return
	cat two.key two.pem >two.both
	local total
	total=$(wc -l <two.both)
	for count in $(seq 0 $((total - 1))); do
		head -n "$count" two.both >short
		rejected 65 push_files short || return
	done
	head -c -3 two.both >short
	rejected 65 push_files short && current_is one && same 1 "$(directories)"
}
@test "cert-receive: a truncated stream is refused and changes nothing" {
	under_each_shell truncated
}

empty() {
	rejected 65 push_files /dev/null && same 0 "$(directories)" &&
	same '' "$(ls -A "$dir")"
}
@test "cert-receive: an empty stdin installs nothing" {
	under_each_shell empty
}

anything_else() {
	echo 'Welcome to web1' >text
	rejected 65 push_files text one.key one.pem &&
	rejected 65 push_files one.key text one.pem &&
	rejected 65 push_files one.key one.pem text &&
	rejected 65 push_files one.pem one.key &&
	rejected 65 push_files one.key one.pem two.key two.pem &&
	rejected 65 push_files one.key one.key one.pem &&
	same '' "$(ls -A "$dir")"
}
@test "cert-receive: anything but one key and then certificates is refused" {
	under_each_shell anything_else
}

chain() {
	cat one.key one.pem two.pem | receive >/dev/null &&
	cat one.pem two.pem | cmp - "$dir/current/cert.pem"
}
@test "cert-receive: a chain is installed whole and in order" {
	under_each_shell chain
}

failing_test() {
	push one >/dev/null &&
	rejected 69 push two -t "echo broken >&2; exit 3" -r "touch $dir/reloaded" &&
	current_is one && same 1 "$(directories)" &&
	[ ! -e "$dir/reloaded" ] &&
	grep -q broken "$BATS_TEST_TMPDIR/stderr" &&
	grep -q 'rolled back' "$BATS_TEST_TMPDIR/stderr"
}
@test "cert-receive: a failing test rolls back and nothing is reloaded" {
	under_each_shell failing_test
}

sees_new() {
	push one -t "cmp one.pem $dir/current/cert.pem" >/dev/null
}
@test "cert-receive: the test sees the new certificate as current" {
	under_each_shell sees_new
}

failing_reload() {
	push one >/dev/null &&
	rejected 69 push two -r "cat $dir/current/cert.pem >>$dir/served
	    cmp -s one.pem $dir/current/cert.pem" &&
	current_is one && same 1 "$(directories)" &&
	cat two.pem one.pem | cmp - "$dir/served" &&
	grep -q 'rolled back' "$BATS_TEST_TMPDIR/stderr"
}
@test "cert-receive: a failing reload rolls back and reloads the old one" {
	under_each_shell failing_reload
}

failing_first() {
	rejected 69 push one -t false && same '' "$(ls -A "$dir")" &&
	rejected 69 push one -r false && same '' "$(ls -A "$dir")"
}
@test "cert-receive: a first push that fails leaves no current" {
	under_each_shell failing_first
}

keeps_three() {
	mkdir -p "$dir/mine" "$dir/20200101T000000Z-1/" \
	    "$dir/20200102T000000Z-1" "$dir/20200103T000000Z-1" \
	    "$dir/20200101T000000Z-1.old" "$dir/20200101-notes" || return
	ln -s 20200101T000000Z-1 "$dir/current"
	push one >/dev/null &&
	same '20200101-notes 20200101T000000Z-1 20200101T000000Z-1.old 20200103T000000Z-1 current mine' \
	    "$(ls "$dir" | grep -v "$(readlink "$dir/current")" | xargs)" &&
	push two >/dev/null && push one >/dev/null &&
	same 3 "$(ls "$dir" | grep -c 'Z-[0-9]*$')" &&
	[ -d "$dir/mine" ] && [ -d "$dir/20200101T000000Z-1.old" ] && current_is one
}
@test "cert-receive: the last three are kept, and all that isn't its own" {
	under_each_shell keeps_three
}

interrupted() {
	dir=$dir-$signal
	push one >/dev/null || return
	mkfifo "$dir/stdin"
	$shell "$script" -d "$dir" <"$dir/stdin" 2>/dev/null &
	local receiver=$! status=0
	exec 9>"$dir/stdin"
	head -n 2 two.key >&9
	for _ in $(seq 100); do
		[ "$(directories)" -lt 2 ] || break
		sleep 0.05
	done
	same 2 "$(directories)" || { exec 9>&-; return 1; }
	kill -"$signal" "$receiver"
	wait "$receiver" || status=$?
	exec 9>&-
	same 75 "$status" && same 1 "$(directories)" && current_is one
}
@test "cert-receive: interrupted while it reads, it leaves nothing behind" {
	for signal in HUP TERM; do under_each_shell interrupted; done
}

interrupted_test() {
	push one >/dev/null || return
	local status=0
	push two -t 'kill -TERM $PPID' 2>/dev/null || status=$?
	same 75 "$status" && same 1 "$(directories)" && current_is one
}
@test "cert-receive: interrupted while it tests, it rolls back" {
	under_each_shell interrupted_test
}

unheard() {	# stderr and stdout go to a pipe that nobody reads
	push one >/dev/null &&
	{ push two -t 'sleep 0.2; exit 1' 2>&1; echo "$?" >status; } | : &&
	same 69 "$(cat status)" && current_is one && same 1 "$(directories)"
}
@test "cert-receive: rolls back also when nobody listens any more" {
	under_each_shell unheard
}

refused_paths() {
	rejected 64 push one -d "relative" &&
	rejected 64 push one -d "/tmp/with space" &&
	rejected 64 push one -d '/tmp/"quote' &&
	rejected 64 push one -d "/tmp/new
line" && rejected 64 $shell "$script" </dev/null &&
	rejected 64 push one operand && rejected 64 push one -x
}
@test "cert-receive: a directory that isn't a plain absolute path is refused" {
	under_each_shell refused_paths
}

not_a_link() {
	mkdir -p "$dir/current" && rejected 73 push one &&
	same current "$(ls -A "$dir")"
}
@test "cert-receive: a current that isn't a link is left alone" {
	under_each_shell not_a_link
}

no_parent() {
	rejected 73 push one -d "$dir/no/parent" && [ ! -e "$dir/no" ]
}
@test "cert-receive: a missing parent directory is an error" {
	under_each_shell no_parent
}
