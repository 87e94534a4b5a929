// The host of the fused module: instantiates it, calls `run`, and is what it imports.

#include "station.h"

#include "board.h"

static Z_station_instance_t station;

struct Z_Z24root_instance_t {
    char nothing;
};

// `print: func(line: string)`: an address in the memory that the module exports for it, and a length.
void Z_Z24rootZ_print(struct Z_Z24root_instance_t *self, u32 at, u32 len) {
    (void)self;
    wasm_rt_memory_t *memory = Z_stationZ_memory(&station);
    if (at > memory->size || len > memory->size - at) {
        board_fail("a line is not in the memory");
    }
    board_write((const char *)memory->data + at, len);
    board_write("\n", 1);
}

int main(void) {
    static struct Z_Z24root_instance_t root;
    Z_station_init_module();
    Z_station_instantiate(&station, &root);
    Z_stationZ_run(&station);
    return 0;
}
