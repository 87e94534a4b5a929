// What the board can do for the program: print a line and stop.

#pragma once

#include <stdint.h>

void board_write(const char *text, uint32_t len);

// A program that starts the processor's timer has this function: it runs whenever the timer has come to its end.
void board_tick(void);

// Ends the emulation; 0 is success.
_Noreturn void board_exit(int code);

// Prints why, and ends the emulation with a failure.
_Noreturn void board_fail(const char *why);
