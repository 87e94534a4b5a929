// The host of the fused module: starts it, calls `run`, and is what it imports.

#include "arena.h"
#include "board.h"
#include "module.h"
#include "sizes.h"

void host_print(uint32_t at, uint32_t len) {
    if (at > module_memory_size() || len > module_memory_size() - at) {
        board_fail("a line is not in the memory");
    }
    board_write((const char *)module_memory() + at, len);
    board_write("\n", 1);
}

_Noreturn void arena_trap(const char *why) {
    board_fail(why);
}

int main(void) {
    module_start();
#if ARENA_BASE
    // The region that the fuser kept for us, above all that is the guests'.
    arena_init(module_memory(), ARENA_BASE, ARENA_END);
    uint32_t before = arena_free();
#endif
    module_run();
#if ARENA_BASE
    // The guests of this program keep nothing: all that they allocated is free again.
    if (arena_free() != before) {
        board_fail("not all was given back to the arena");
    }
#endif
    return 0;
}
