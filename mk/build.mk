# SPDX-License-Identifier: ISC
# Programs: bin/NAME from src/NAME.c and whatever it uses of build/libcertrig.a.
# The linker takes from archive and libraries only what a program calls
# (--as-needed), so acme-order loads libcurl and cert-due doesn't.

CC      ?= cc
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
libraries := libcrypto libssl libcurl jansson ldns

# SAN=1 builds beside the plain build, with AddressSanitizer and UBSan.
ifdef SAN
B        := build/san
BIN      := build/san/bin
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
B        := build
BIN      := bin
# FORTIFY needs optimisation and gets in the sanitizers' way.
fortify  := -D_FORTIFY_SOURCE=2
endif

warnings := -Wall -Wextra -Wshadow -Wconversion -Wpedantic -Wformat=2 \
	-Wstrict-prototypes -Wmissing-prototypes -Wundef -Wcast-qual \
	-Wwrite-strings -Wimplicit-fallthrough
cflags    = -std=c17 -D_POSIX_C_SOURCE=200809L -Isrc/lib -Isrc/provider -I$(B) \
	$(warnings) -fPIE -fstack-protector-strong $(fortify) $(sanitize) \
	-DVERSION='"$(VERSION)"' $(shell pkg-config --cflags $(libraries))
ldflags  := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed $(sanitize)
ldlibs    = $(shell pkg-config --libs $(libraries))

programs := $(sort $(patsubst src/%.c,%,$(wildcard src/*.c)))
scripts  := $(sort $(patsubst src/%.sh,%,$(wildcard src/*.sh)))
modules  := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/lib/*.c src/provider/*.c))

all: $(programs:%=$(BIN)/%) $(scripts:%=$(BIN)/%)

$(BIN)/%: $(B)/%.o $(B)/libcertrig.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(ldflags) $(LDFLAGS) -o $@ $^ $(ldlibs)

$(BIN)/%: src/%.sh
	@mkdir -p $(@D)
	install -m 755 $< $@

$(B)/libcertrig.a: $(modules)
	rm -f $@
	$(AR) rcs $@ $^

# A change of flags, as of a header, rebuilds: they are in these files.
$(B)/%.o: src/%.c Makefile mk/build.mk | libraries
	@mkdir -p $(@D)
	$(CC) $(cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: libraries
libraries:
	@pkg-config --print-errors --exists $(libraries) || \
	    { echo "make: libraries are missing: on Debian, make packages" >&2; exit 1; }

# cert-push sends this script along: its bytes, as C's initialiser.
$(B)/cert-push.o: $(B)/cert-receive.inc
$(B)/cert-receive.inc: src/cert-receive.sh
	@mkdir -p $(@D)
	od -An -v -tx1 $< | sed 's/\([0-9a-f][0-9a-f]\)/0x\1,/g' > $@

.SECONDARY:
-include $(patsubst src/%.c,$(B)/%.d,$(wildcard src/*.c src/lib/*.c src/provider/*.c))

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/certrig \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/man/man,1 5 7)
	install -m 755 $(programs:%=$(BIN)/%) $(scripts:%=$(BIN)/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 mk/fleet.mk mk/server.jq $(DESTDIR)$(PREFIX)/share/certrig
	install -m 755 mk/end-attempt $(DESTDIR)$(PREFIX)/share/certrig
	cp -R fleet/examples $(DESTDIR)$(PREFIX)/share/certrig/
	for s in 1 5 7; do install -m 644 man/*.$$s $(DESTDIR)$(PREFIX)/share/man/man$$s; done

clean:
	rm -rf build bin
