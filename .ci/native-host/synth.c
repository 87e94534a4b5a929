// The module by synth: see examples/mcu/board/by_synth.c.

#include "image.h"
#include "m.host.h"

#include <string.h>

static uint8_t memory[M_TOTAL_MEMORY_BYTES] __attribute__((aligned(64)));
static uint32_t globals[GLOBAL_WORDS];

m_t instance = {globals, sizeof memory, memory};

void prepare(void) {
    memcpy(globals, image_globals, sizeof globals);
    memcpy(memory, image_tables, image_tables_bytes);
    memcpy(memory + image_tables_bytes, image_types, image_types_bytes);
    for (const struct image_segment *segment = image_segments; segment->bytes > 0; segment++) {
        memcpy(memory + segment->at, segment->data, segment->bytes);
    }
}
