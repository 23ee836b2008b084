/* SPDX-License-Identifier: ISC */
/*
 * What a program gives up before it reads its first untrusted byte.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

/* No core files: they would hold keys.  Never fails; the rest goes on. */
void sandbox_start(void);

#endif
