// The module as synth translates it: an object whose code finds the memory by r11, its size by r10 and the globals by r9.
//
// In: `image.c`, which image.py writes: what is in the memory, in the globals and in the tables at first. Out: what module.h promises. Imports
// are undefined symbols of the object, by their fields.

#include "module.h"

#include "arena.h"
#include "board.h"
#include "image.h"
#include "sizes.h"

#include <string.h>

static uint8_t memory[MEMORY_BYTES] __attribute__((aligned(64)));
static uint32_t globals[GLOBAL_WORDS];

uint8_t *module_memory(void) {
    return memory;
}

uint32_t module_memory_size(void) {
    return sizeof memory;
}

void module_start(void) {
    memcpy(globals, image_globals, sizeof globals);
    // Pointers to the functions of tables, and the numbers of their types: where the fuser has left room.
    memcpy(memory, image_tables, image_tables_bytes);
    memcpy(memory + image_tables_bytes, image_types, image_types_bytes);
    for (const struct image_segment *segment = image_segments; segment->bytes > 0; segment++) {
        memcpy(memory + segment->at, segment->data, segment->bytes);
    }
}

void run(void);

// Calls a function of the object. C keeps r4 to r11 for its caller.
static __attribute__((naked, noinline)) void enter(__attribute__((unused)) void (*function)(void),
                                                   __attribute__((unused)) uint8_t *memory_,
                                                   __attribute__((unused)) uint32_t size,
                                                   __attribute__((unused)) uint32_t *globals_) {
    __asm__ volatile(
        "push {r3-r11, lr}\n"
        "mov r11, r1\n"
        "mov r10, r2\n"
        "mov r9, r3\n"
        "blx r0\n"
        "pop {r3-r11, pc}\n");
}

void module_run(void) {
    enter(run, memory, sizeof memory, globals);
}

void print(uint32_t at, uint32_t len) {
    host_print(at, len);
}
