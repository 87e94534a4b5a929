// The host of the fused module: instantiates it, calls `run`, and is what it imports.

#include "station.h"

#include "arena.h"
#include "board.h"
#include "sizes.h"

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

#if EXTERN_ARENA
// What wasm2c calls the import is that name, mangled.
struct Z_env_instance_t {
    char nothing;
};

u32 Z_envZ___cabi_arena_realloc(struct Z_env_instance_t *self, u32 old_ptr, u32 old_len, u32 align, u32 new_len) {
    (void)self;
    return __cabi_arena_realloc(old_ptr, old_len, align, new_len);
}

_Noreturn void arena_trap(const char *why) {
    board_fail(why);
}

int main(void) {
    static struct Z_Z24root_instance_t root;
    static struct Z_env_instance_t env;
    Z_station_init_module();
    Z_station_instantiate(&station, &root, &env);
    // The region that the fuser kept for us, above all that is the guests'.
    arena_init(Z_stationZ_memory(&station)->data, *Z_stationZ___meld_arena_base(&station),
               *Z_stationZ___meld_arena_end(&station));
    uint32_t before = arena_free();
    Z_stationZ_run(&station);
    // The guests of this program keep nothing: all that they allocated is free again.
    if (arena_free() != before) {
        board_fail("not all was given back to the arena");
    }
    return 0;
}
#else
int main(void) {
    static struct Z_Z24root_instance_t root;
    Z_station_init_module();
    Z_station_instantiate(&station, &root);
    Z_stationZ_run(&station);
    return 0;
}
#endif
