// The end of a trace on a board, and its beginning. synth.c and wasm2c.c have what is of a translator.

#include "replay.h"

#include "board.h"

void prepare(void);
void instantiate(void);

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
    prepare();
    replay_begin();
    instantiate();
    replay();
}
