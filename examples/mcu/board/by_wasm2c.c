// The module as wasm2c 1.0.42 translates it; wasm_rt.c is what such code calls. Out: what module.h promises.

#include "station.h"

#include "arena.h"
#include "module.h"
#include "sizes.h"

static w2c_station station;

// What the host has nothing to keep in.
struct w2c_0x24root {
    char nothing;
};
struct w2c_env {
    char nothing;
};

uint8_t *module_memory(void) {
    return w2c_station_memory(&station)->data;
}

uint32_t module_memory_size(void) {
    return (uint32_t)w2c_station_memory(&station)->size;
}

void module_start(void) {
    static struct w2c_0x24root root;
#if ARENA_BASE
    static struct w2c_env env;
    wasm2c_station_instantiate(&station, &root, &env);
#else
    wasm2c_station_instantiate(&station, &root);
#endif
}

void module_run(void) {
    w2c_station_run(&station);
}

void w2c_0x24root_print(struct w2c_0x24root *root, u32 at, u32 len) {
    (void)root;
    host_print(at, len);
}

u32 w2c_env_0x5F_cabi_arena_realloc(struct w2c_env *env, u32 old_ptr, u32 old_len, u32 align, u32 new_len) {
    (void)env;
    return __cabi_arena_realloc(old_ptr, old_len, align, new_len);
}
