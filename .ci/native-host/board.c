// The end of a trace on the board, and how a module by synth is called there: see examples/mcu/board/by_synth.c. A trace may go into the
// module while it calls out, so what C keeps in r9 to r11 is kept in a stack of its own, not to move arguments that are on the processor's.

#include "replay.h"

#include "board.h"
#include "image.h"
#include "sizes.h"

#include <string.h>

static uint8_t memory[MEMORY_BYTES] __attribute__((aligned(64)));
static uint32_t globals[GLOBAL_WORDS];
static uint32_t kept[256];

// What the thunk reads, by these names.
uint32_t *thunk_kept = kept;
void *thunk_registers[3] = {globals, (void *)sizeof memory, memory};
void (*thunk_target)(void);

__attribute__((naked)) void thunk(void) {
    __asm__ volatile(
        "push {r4, r5}\n"
        "ldr r4, =thunk_kept\n"
        "ldr r5, [r4]\n"
        "stmia r5!, {r9, r10, r11, lr}\n"
        "str r5, [r4]\n"
        "ldr r4, =thunk_registers\n"
        "ldmia r4, {r9, r10, r11}\n"
        "ldr r4, =thunk_target\n"
        "ldr r12, [r4]\n"
        "pop {r4, r5}\n"
        "orr r12, r12, #1\n"
        "blx r12\n"
        "push {r4, r5}\n"
        "ldr r4, =thunk_kept\n"
        "ldr r5, [r4]\n"
        "ldmdb r5!, {r9, r10, r11, lr}\n"
        "str r5, [r4]\n"
        "pop {r4, r5}\n"
        "bx lr\n");
}

uint8_t *replay_memory(uint32_t at, uint32_t bytes) {
    return (uint64_t)at + bytes > sizeof memory ? NULL : memory + at;
}

_Noreturn void replay_end(const char *why, uint32_t record) {
    if (why == NULL) {
        board_exit(0);
    }
    char digits[] = "record 0000000000: ";
    for (int at = 16; record > 0; at--, record /= 10) {
        digits[at] = (char)('0' + record % 10);
    }
    board_write(digits, sizeof digits - 1);
    board_fail(why);
}

int main(void) {
    memcpy(globals, image_globals, sizeof globals);
    memcpy(memory, image_tables, image_tables_bytes);
    memcpy(memory + image_tables_bytes, image_types, image_types_bytes);
    for (const struct image_segment *segment = image_segments; segment->bytes > 0; segment++) {
        memcpy(memory + segment->at, segment->data, segment->bytes);
    }
    replay_begin();
    replay();
}
