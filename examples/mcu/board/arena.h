// The embedder's arena: one allocator for all guests of a fused module.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// Gives the bytes from `base` to `end` of `memory`, the linear memory, to the arena. Both are addresses in it.
void arena_init(uint8_t *memory, uint32_t base, uint32_t end);

// `env::__cabi_arena_realloc`. Nothing at `old_ptr` is a new block, nothing wanted is a free, both returns `align`.
// Contents are kept up to the smaller length. Traps when nothing fits.
uint32_t arena_realloc(uint32_t old_ptr, uint32_t old_len, uint32_t align, uint32_t new_len);

// Bytes in free blocks, and in the largest of them.
uint32_t arena_free(void);
uint32_t arena_largest(void);

// What a full arena calls; does not return.
_Noreturn void arena_trap(const char *why);
