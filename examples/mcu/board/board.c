// From reset to `main`, and out again.
//
// Output goes to the board's first serial port; the end of the program to whoever debugs it, which is the emulator
// (semihosting: the operation SYS_EXIT_EXTENDED).

#include "board.h"

#include <string.h>

extern uint32_t data_start, data_end, data_load, bss_start, bss_end, stack_top;
int main(void);

static volatile uint32_t *const uart_data = (uint32_t *)0x40004000;
static volatile uint32_t *const uart_state = (uint32_t *)0x40004004;
static volatile uint32_t *const uart_control = (uint32_t *)0x40004008;
static volatile uint32_t *const uart_divisor = (uint32_t *)0x40004010;
static volatile uint32_t *const coprocessors = (uint32_t *)0xe000ed88;

_Noreturn void reset(void) {
    // Floating point first: the compiler may use its registers anywhere.
    *coprocessors |= 0xfu << 20;
    __asm__ volatile("dsb\nisb");
    memcpy(&data_start, &data_load, (size_t)((char *)&data_end - (char *)&data_start));
    memset(&bss_start, 0, (size_t)((char *)&bss_end - (char *)&bss_start));
    *uart_divisor = 16;
    *uart_control = 1;
    board_exit(main());
}

static _Noreturn void fault(void) {
    board_fail("the processor met a fault");
}

// Of a program that has a use for the processor's timer.
__attribute__((weak)) void board_tick(void) {
    fault();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, [15] = board_tick,
};

void board_write(const char *text, uint32_t len) {
    for (uint32_t i = 0; i < len; i++) {
        while (*uart_state & 1) {
        }
        *uart_data = (uint8_t)text[i];
    }
}

_Noreturn void board_exit(int code) {
    // ADP_Stopped_ApplicationExit and the code.
    uint32_t block[2] = {0x20026, (uint32_t)code};
    register uint32_t operation __asm__("r0") = 0x20;
    register uint32_t *argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(argument) : "memory");
    for (;;) {
    }
}

_Noreturn void board_fail(const char *why) {
    board_write("error: ", 7);
    board_write(why, (uint32_t)strlen(why));
    board_write("\n", 1);
    board_exit(1);
}
