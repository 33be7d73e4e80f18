/* SPDX-License-Identifier: GPL-2.0-only */
/* What every unit test includes: cmocka with the headers that it needs first. */
#ifndef P2P_TESTS_UNIT_H
#define P2P_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
