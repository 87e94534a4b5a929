// What the interpreter in wasmi/ needs of C: the bytes of the module, in the flash; and a measure of the processor's stack. What Rust puts there has no
// bound that a compiler could say, so the stack is painted at the start, and the program fails if at its end less than an eighth still has the paint.

#include "board.h"

#include <stdint.h>

__asm__(
    ".section .rodata\n"
    ".global module_bytes, module_bytes_end\n"
    "module_bytes:\n"
    ".incbin \"module.wasm\"\n"
    "module_bytes_end:\n"
    ".section .note.GNU-stack,\"\",%progbits\n"
    ".text\n");

extern uint32_t stack_bottom, stack_top;
static const uint32_t paint = 0x5afe5afe;

void stack_paint(void) {
    // Not what this function itself has there.
    for (uint32_t *at = &stack_bottom; at < (uint32_t *)__builtin_frame_address(0) - 16; at++) {
        *(volatile uint32_t *)at = paint;
    }
}

void stack_check(void) {
    uint32_t *at = &stack_bottom;
    while (*at == paint) {
        at++;
    }
    if (at - &stack_bottom < (&stack_top - &stack_bottom) / 8) {
        board_fail("the stack of the processor is full but for an eighth");
    }
}
