// The module as synth translates it: an object whose code finds the memory by r11, its size by r10 and the globals by r9.
//
// In: `image.c`, which image.py writes: what is in the memory, in the globals and in the tables at first.

#include "image.h"
#include "native.h"

#include <string.h>

static uint8_t memory[STATION_TOTAL_MEMORY_BYTES] __attribute__((aligned(64)));
static uint32_t globals[GLOBAL_WORDS];

station_t station = {globals, sizeof memory, memory};

void native_start(void) {
    memcpy(globals, image_globals, sizeof globals);
    // Pointers to the functions of tables, and the numbers of their types: where the fuser has left room.
    memcpy(memory, image_tables, image_tables_bytes);
    memcpy(memory + image_tables_bytes, image_types, image_types_bytes);
    for (const struct image_segment *segment = image_segments; segment->bytes > 0; segment++) {
        memcpy(memory + segment->at, segment->data, segment->bytes);
    }
}
