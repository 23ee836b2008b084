# SPDX-License-Identifier: ISC
# What a server's server.json and the fleet's fleet.json mean together, as the
# server's Makefile, its push.json, or the fleet's expected.json ($what).
#
# Names, paths and words come from files that may be wrong or hostile: each is
# checked, and what reaches a Makefile is quoted for the shell and for make.

def bad($member; $why): error("\($member): \($why)");

# A string that can stand on a line of a Makefile.
def line($member):
	if type != "string" or . == "" then bad($member; "must be a string")
	elif test("[\u0000-\u001f\u007f\\\\]") then
		bad($member; "has a control character or a backslash")
	else . end;

def known($members; $where):
	if type != "object" then bad($where; "must be an object")
	else . as $object | (keys - $members) as $unknown
	| if $unknown == [] then $object
	  else bad($where + $unknown[0]; "is no member that is known") end end;

def dns_label: "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

def dns_name:
	line("names") | ascii_downcase
	| if test("^[0-9.]+$") or test(":") then
		bad("names"; "\(.): an IP address can't be proven by DNS")
	  elif length > 253 or (test("^(\\*\\.)?(\(dns_label)\\.)+\(dns_label)$") | not)
	  then bad("names"; "\(.): is no DNS name (IDNs are given as xn--...)")
	  else . end;

def names:
	if type != "array" or length == 0 then
		bad("names"; "must be an array of at least one name")
	elif length > 100 then bad("names"; "more than 100")
	else reduce (.[] | dns_name) as $name ([];
		if index([$name]) then . else . + [$name] end) end;

def key_type:
	["ec-256", "ec-384", "rsa-2048", "rsa-3072", "rsa-4096"] as $types
	| . as $type
	| if any($types[]; . == $type) then .
	  else bad("key"; "must be one of \($types | join(", "))") end;

def days:
	if type == "number" and . == floor and . >= 0 and . <= 3650 then .
	else bad("renew_after_days"; "must be a number of days") end;

# ssh's arguments are handed on by cert-push, which needs no quotes for them.
def push:
	known(["host", "dir", "test", "reload", "ssh", "verify"]; "push.");

def members: ["account", "dns", "key", "renew_after_days", "push"];

# Both files as one, checked.
def resolve($fleet):
	known(members + ["names"]; "") as $server
	| ($fleet | known(members; "fleet.json: ")) as $fleet
	| {account: "account.json", dns: "dns.json", key: "ec-256",
	   renew_after_days: 30} + $fleet + $server
	| .push = (($fleet.push // {} | push) * ($server.push // {} | push))
	| .names |= names
	| .account |= line("account") | .dns |= line("dns")
	| .key |= key_type | .renew_after_days |= days;

# A path of fleet.json, seen from the server's directory.
def beside: if startswith("/") then . else "../" + . end;

# A word for the shell in a recipe, and for make before that.
def word:
	if test("^[A-Za-z0-9_./:@%+,=-]+$") then . else @sh end
	| gsub("\\$"; "$$");

# In a variable's definition, make would take # for a comment.
def value: word | gsub("#"; "\\#");

def makefile($name; $path):
"# \($name): made from server.json and ../fleet.json; change those, not this.

NAMES   = \(.names | map(value) | join(" "))
ACCOUNT = \(.account | beside | value)
DNS     = \(.dns | beside | value)
KEY     = \(.key)
# Keeps an attempt that failed for now, drops one that failed for good.
END_ATTEMPT = \($engine + "/end-attempt" | value)
\(if $path == "" then "" else "
export PATH := \($path | gsub("\\$"; "$$")):$(PATH)\n" end)
.PHONY: renew push tidy
push: pushed
renew: pushed tidy

# When server.json has changed, all that is made from it is made anew.
Makefile: server.json ../fleet.json
	@$(MAKE) --no-print-directory -C .. expected.json \($name)/push.json \($name)/Makefile

pushed: cert.pem
	cert-push -c push.json key.pem cert.pem > $@.new
	mv $@.new $@

next/order.json:
	mkdir -p -m 700 next
	acme-order -a $(ACCOUNT) $(NAMES) > $@.new || $(END_ATTEMPT) $$? $(DNS)
	mv $@.new $@

next/txt.json: next/order.json
	dns-txt-set -c $(DNS) < next/order.json > next/set.json || $(END_ATTEMPT) $$? $(DNS)
	dns-txt-wait < next/set.json > $@.new || $(END_ATTEMPT) $$? $(DNS)
	mv $@.new $@

next/csr.json: next/txt.json
	csr-gen -t $(KEY) -k next/key.pem < next/txt.json > $@.new || $(END_ATTEMPT) $$? $(DNS)
	mv $@.new $@

next/issued.json: next/csr.json
	acme-finalize -a $(ACCOUNT) < next/csr.json > $@.new || $(END_ATTEMPT) $$? $(DNS)
	mv $@.new $@

# Only when a renewal is due or on its way; the pair before is kept.  Killed
# between the two renames, it is run again: next/ is newer than cert.pem.
ifneq ($(wildcard next/order.json)$(shell cert-due -c ../expected.json \($name)/cert.pem),)
cert.pem: next/issued.json
	jq -j .certificate next/issued.json > next/cert.pem
	if [ -e cert.pem ] && [ -e key.pem ] && ! cmp -s next/key.pem key.pem; then \\
	    rm -rf previous && mkdir -m 700 previous && cp -p key.pem cert.pem previous; fi
	cp -p next/key.pem key.pem.new && mv key.pem.new key.pem
	cp next/cert.pem cert.pem.new && mv cert.pem.new cert.pem
endif

# The TXT records and next/ go when the certificate is in place.
tidy: cert.pem
	@rm -rf past
	if [ -e next/issued.json ]; then \\
	    dns-txt-set -d -c $(DNS) < next/issued.json > /dev/null && \\
	    mv next past && rm -rf past; fi
";

# One server, by its file; a fault names the file and the member.
def checked($fleet; $file):
	. as $server
	| try ($server | resolve($fleet))
	  catch ("\($file): \(.)\n" | halt_error(65));

if $what == "makefile" then checked($fleet[0]; input_filename)
	| makefile($name; $path)
elif $what == "push" then checked($fleet[0]; input_filename) | .push
# A bad server.json is reported where its own Makefile is made.
else reduce (inputs | {file: input_filename, server: .}) as $each ({};
	. + (try ($each.server | resolve($fleet[0])
		| {($each.file | rtrimstr("server.json") + "cert.pem"):
		   {names, key, renew_after_days}})
	    catch {}))
end
