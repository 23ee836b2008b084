# SPDX-License-Identifier: ISC
# The fleet: a directory for each server, with its server.json.  Included by
# the operator's fleet/Makefile, see certrig-fleet(5).

MAKEFLAGS += -rRk --no-print-directory

engine := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
# Where the programs are, if not in PATH: in the source tree, beside this.
CERTRIG_BIN ?= $(if $(wildcard $(engine)/../bin/acme-order),$(abspath $(engine)/../bin))
export PATH := $(if $(CERTRIG_BIN),$(CERTRIG_BIN):)$(PATH)
SERVERS := $(patsubst %/server.json,%,$(wildcard */server.json))

.DEFAULT_GOAL := renew
.PHONY: renew push due help FORCE $(SERVERS)
# A recipe that fails leaves no half-made target behind.
.DELETE_ON_ERROR:

help:
	@echo 'renew   renew what is due, push what a server lacks (default)'
	@echo 'push    push what a server lacks, renew nothing'
	@echo 'due     say what is due, and why'
	@echo 'NAME    the same as renew for one server'

# What there is to do is known only once expected.json is: hence two runs.
renew: expected.json
	+@$(MAKE) STAGE=renew at-work
push: expected.json
	+@$(MAKE) STAGE=push at-work
due: expected.json
	@cert-due -j -c $< | jq -r '.[] | select(.due) | "\(.path): \(.reason)"'

$(SERVERS): %: expected.json %/Makefile %/push.json
	+@$(MAKE) -C $* renew

generate = jq -r --slurpfile fleet fleet.json --arg name '$*' --arg path '$(CERTRIG_BIN)' --arg engine '$(engine)'

# Each is written beside and renamed: a fault leaves what was there.  And under
# make -n too (+), as what would be done is read from them.
$(SERVERS:%=%/Makefile): %/Makefile: %/server.json fleet.json $(engine)/server.jq
	+@$(generate) --arg what makefile -f $(engine)/server.jq $< > $@.new
	+@mv $@.new $@
$(SERVERS:%=%/push.json): %/push.json: %/server.json fleet.json $(engine)/server.jq
	+@$(generate) --arg what push -f $(engine)/server.jq $< > $@.new
	+@mv $@.new $@
expected.json: $(SERVERS:%=%/server.json) fleet.json $(engine)/server.jq
	+@$(generate) -n --arg what expected -f $(engine)/server.jq $(SERVERS:%=%/server.json) > $@.new
	+@mv $@.new $@

# The second run: due is what one cert-due says, or what was left on its way;
# that a server lacks its certificate, make sees by itself.
ifdef STAGE
ifeq ($(STAGE),renew)
wanted := $(patsubst %/cert.pem,%,$(shell cert-due -c expected.json)) \
	$(patsubst %/next/.,%,$(wildcard */next/.))
endif
.PHONY: at-work
at-work: $(SERVERS:%=%/pushed)
	@:
$(addsuffix /pushed,$(filter $(SERVERS),$(wanted))): FORCE
$(SERVERS:%=%/pushed): %/pushed: %/cert.pem | %/Makefile %/push.json
	+@$(MAKE) -C $* $(STAGE)
# One that isn't there is made by the server's own Makefile.
$(SERVERS:%=%/cert.pem): ;
endif
