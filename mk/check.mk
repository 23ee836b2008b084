# SPDX-License-Identifier: ISC
# Tests, the demo and lint, with the packages each of them needs.

packages-build := gcc libc6-dev pkg-config libssl-dev libcurl4-openssl-dev libjansson-dev libldns-dev
packages-run   := jq openssh-client openssl ca-certificates
packages-lab   := pebble knot knot-dnsutils nginx-light openssh-server curl procps
packages-test  := libcmocka-dev bats busybox
packages-lint  := clang clang-format cppcheck shellcheck mandoc

# Each target installs what it needs before anything is compiled.
.PHONY: packages-demo packages-check packages-lint
packages: packages-demo packages-check packages-lint
packages-demo:
	@mk/packages $(packages-build) $(packages-run) $(packages-lab)
packages-check:
	@mk/packages $(packages-build) $(packages-run) $(packages-lab) $(packages-test)
packages-lint:
	@mk/packages $(packages-build) $(packages-lint)
libraries: $(patsubst %,packages-%,$(filter demo check lint,$(MAKECMDGOALS)))

demo: packages-demo all
	@PATH="$(abspath $(BIN)):$$PATH" tests/demo

unit-tests := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))

$(B)/unit/%: tests/unit/%.c $(B)/libcertrig.a mk/check.mk
	@mkdir -p $(@D)
	$(CC) $(cflags) $(CFLAGS) -MMD -MP -o $@ $< $(B)/libcertrig.a $(ldflags) $(ldlibs) -lcmocka
-include $(unit-tests:%=%.d)

check: packages-check all $(unit-tests)
	@PATH="$(abspath $(BIN)):$$PATH" tests/run $(unit-tests)

c-files  := $(wildcard src/*.c src/*/*.c src/*/*.h tests/unit/*.c)
sh-files := $(wildcard src/*.sh tests/lab/lab tests/run tests/demo mk/packages mk/end-attempt .ci/run)

lint: packages-lint $(B)/cert-receive.inc
	clang-format --dry-run -Werror $(c-files)
	shellcheck $(sh-files)
	mandoc -Tlint -Wwarning $(wildcard man/*.[1-9])
	cppcheck -q --std=c11 --language=c --enable=warning,performance,portability \
	    --error-exitcode=1 --suppress=missingIncludeSystem -DVERSION='"x"' \
	    -Isrc/lib -Isrc/provider --library=posix \
	    "-Djson_array_foreach(a,i,v)=for(;;)" "-Djson_object_foreach(o,k,v)=for(;;)" src
	$(MAKE) --no-print-directory B=build/clang BIN=build/clang/bin CC=clang CFLAGS='-O2 -Werror' all

format:
	clang-format -i $(c-files)
