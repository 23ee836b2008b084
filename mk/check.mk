# SPDX-License-Identifier: ISC
# Tests, the demo and lint, with the packages each of them needs.
