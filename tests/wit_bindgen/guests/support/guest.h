// What guests in C share.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Traps where something is wrong.
#define check(condition) ((condition) ? (void)0 : __builtin_trap())

// Bytes allocated and not freed.
uint32_t live_bytes(void);
