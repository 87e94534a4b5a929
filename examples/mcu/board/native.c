// The module as a translator has made it native code. In: the header that the fuser has written. Out: what module.h promises, and what
// the module imports.

#define STATION_HOST_IMPLEMENTATION
#include "station.host.h"

#include "arena.h"
#include "module.h"
#include "native.h"

uint8_t *module_memory(void) {
    return station_memory(&station);
}

uint32_t module_memory_size(void) {
    return (uint32_t)station_memory_size(&station);
}

void module_start(void) {
    native_start();
    station_start(&station);
}

void module_run(void) {
    station_run(&station);
}

void station_host_print(station_t *module, uint32_t at, uint32_t len) {
    (void)module;
    host_print(at, len);
}

#ifdef STATION_ARENA_BASE
uint32_t station_host_cabi_arena_realloc(station_t *module, uint32_t old_ptr, uint32_t old_len, uint32_t align, uint32_t new_len) {
    (void)module;
    return arena_realloc(old_ptr, old_len, align, new_len);
}
#endif
