// The module by wasm2c on a board: a trap may be what the trace says.

#include "replay.h"

void prepare(void) {
}

_Noreturn void board_trapped(const char *why) {
    replay_trapped(why);
    __builtin_unreachable();
}
