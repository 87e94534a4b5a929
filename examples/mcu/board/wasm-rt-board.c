// The runtime that code made by wasm2c calls, for a machine without an operating system.
//
// In: sizes, from `sizes.h`, which run.sh writes from what wasm2c wrote. Out: memories and tables in static arrays, and
// traps that end the program. The runtime that comes with wasm2c maps memories by mmap, allocates tables by malloc and
// unwinds traps by setjmp; a board has nothing to return to. Nothing grows here.

#include "wasm-rt.h"

#include "board.h"
#include "sizes.h"

#include <stdarg.h>

#define PAGE 65536u

uint32_t wasm_rt_call_stack_depth;

void wasm_rt_init(void) {
}

bool wasm_rt_is_initialized(void) {
    return true;
}

_Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
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
    board_fail(known ? names[trap] : "an unknown trap");
}

// Memories, one after the other. A static array is zero, as a fresh memory is.
static uint8_t pages[PAGES * PAGE] __attribute__((aligned(64)));
static uint32_t pages_used;

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t initial, uint32_t max) {
    if (initial > PAGES - pages_used) {
        board_fail("sizes.h has too few pages");
    }
    *memory = (wasm_rt_memory_t){pages + pages_used * PAGE, initial, max, initial * PAGE};
    pages_used += initial;
}

// It may always fail.
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t delta) {
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

// Types of functions: numbered from 1, equal ones alike.
#define TYPE_SIZE 24
static uint8_t types[FUNC_TYPES][TYPE_SIZE];
static uint32_t types_used;

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) {
    // Their numbers, then the parameters and results themselves.
    uint8_t type[TYPE_SIZE] = {(uint8_t)params, (uint8_t)results};
    if (params + results > TYPE_SIZE - 2) {
        board_fail("a function has too many parameters for this runtime");
    }
    va_list list;
    va_start(list, results);
    for (uint32_t i = 0; i < params + results; i++) {
        type[2 + i] = (uint8_t)va_arg(list, int);
    }
    va_end(list);
    for (uint32_t i = 0; i < types_used; i++) {
        if (memcmp(types[i], type, TYPE_SIZE) == 0) {
            return i + 1;
        }
    }
    if (types_used == FUNC_TYPES) {
        board_fail("sizes.h has too few types");
    }
    memcpy(types[types_used], type, TYPE_SIZE);
    return ++types_used;
}
