// The module by wasm2c on a board: its memory is in a RAM that has to be cleared, and a trap may be what the trace says.

#include "replay.h"

#include <string.h>

extern char psram_start, psram_end;

void prepare(void) {
    memset(&psram_start, 0, (size_t)(&psram_end - &psram_start));
}

_Noreturn void board_trapped(const char *why) {
    replay_trapped(why);
    __builtin_unreachable();
}
