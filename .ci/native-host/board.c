// The end of a trace on the board, and the module by synth: see examples/mcu/board/by_synth.c.

#include "m.host.h"
#include "replay.h"

#include "board.h"
#include "image.h"

#include <string.h>

static uint8_t memory[M_TOTAL_MEMORY_BYTES] __attribute__((aligned(64)));
static uint32_t globals[GLOBAL_WORDS];

m_t instance = {globals, sizeof memory, memory};
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
    memcpy(globals, image_globals, sizeof globals);
    memcpy(memory, image_tables, image_tables_bytes);
    memcpy(memory + image_tables_bytes, image_types, image_types_bytes);
    for (const struct image_segment *segment = image_segments; segment->bytes > 0; segment++) {
        memcpy(memory + segment->at, segment->data, segment->bytes);
    }
    replay_begin();
    instantiate();
    replay();
}
