# SPDX-License-Identifier: ISC
# What people type; each topic has its file under mk/.

VERSION = 0.1

.DEFAULT_GOAL := all
.PHONY: all packages demo check lint format install clean help

all:      ## build the programs into bin/
packages: ## install the Debian packages that the targets below need
demo:     ## a certificate authority, DNS, two servers: watch them renewed
check:    ## run every test (SAN=1: under AddressSanitizer and UBSan)
lint:     ## static checks of C, shell and manual pages
format:   ## lay out the C sources as style(9) asks
install:  ## install under PREFIX (and DESTDIR)
clean:    ## remove what was built

include mk/build.mk
include mk/check.mk

help:
	@sed -n 's/^\([a-z]*\): *## /\1\t/p' Makefile
