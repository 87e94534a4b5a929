// What code that wasm2c 1.0.42 writes calls, on a machine without an operating system.
//
// In: `sizes.h`, which build.sh writes: how much there is. Out: memories and tables in static arrays, and traps that end the program. The
// runtime that comes with wasm2c maps memories by mmap, allocates tables by malloc and unwinds traps by setjmp; a board has nothing to return
// to. Nothing grows here.

#include "wasm-rt.h"

#include "board.h"
#include "sizes.h"

#include <stddef.h>

uint32_t wasm_rt_call_stack_depth;

bool wasm_rt_is_initialized(void) {
    return true;
}

// What a trap does, unless the program has a function of this name.
__attribute__((weak)) _Noreturn void board_trapped(const char *why) {
    board_fail(why);
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
    static const char *const names[] = {
        [WASM_RT_TRAP_OOB] = "out of bounds",
        [WASM_RT_TRAP_INT_OVERFLOW] = "integer overflow",
        [WASM_RT_TRAP_DIV_BY_ZERO] = "division by zero",
        [WASM_RT_TRAP_INVALID_CONVERSION] = "conversion from NaN",
        [WASM_RT_TRAP_UNREACHABLE] = "unreachable",
        [WASM_RT_TRAP_CALL_INDIRECT] = "wrong indirect call",
        [WASM_RT_TRAP_EXHAUSTION] = "call stack exhausted",
    };
    bool known = trap < sizeof names / sizeof *names && names[trap] != NULL;
    board_trapped(known ? names[trap] : "an unknown trap");
}

// Memories, one after the other. A static array is zero, as a fresh memory is. A program may say where it is.
#ifndef MEMORY_PLACE
#define MEMORY_PLACE
#endif
static uint8_t bytes[MEMORY_BYTES] __attribute__((aligned(64))) MEMORY_PLACE;
static uint32_t bytes_used;

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial, uint64_t max, bool is64, uint32_t page) {
    uint64_t size = initial * page;
    if (size > sizeof bytes - bytes_used) {
        board_fail("sizes.h has too few bytes");
    }
    uint8_t *data = bytes + bytes_used;
    *memory = (wasm_rt_memory_t){data, data + size, page, initial, max, size, is64};
    bytes_used += (uint32_t)size;
}

// It may always fail.
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t delta) {
    return delta == 0 ? memory->pages : UINT32_MAX;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
    (void)memory;
}

static wasm_rt_funcref_t elements[ELEMENTS];
static uint32_t elements_used;

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t initial, uint32_t max) {
    if (initial > ELEMENTS - elements_used) {
        board_fail("sizes.h has too few elements");
    }
    *table = (wasm_rt_funcref_table_t){elements + elements_used, max, initial};
    elements_used += initial;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) {
    (void)table;
}
