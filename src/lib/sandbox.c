/* SPDX-License-Identifier: ISC */
#include "sandbox.h"

#include <sys/resource.h>

#include "message.h"

void
sandbox_start(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		message_step("core files can't be turned off");
}
