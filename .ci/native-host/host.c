// The end of a trace, and traps, on this machine.

#include "replay.h"
#include "wasm-rt.h"

#include <stdio.h>
#include <stdlib.h>

void instantiate(void);

_Noreturn void replay_end(const char *why, uint32_t record) {
    if (why != NULL) {
        fprintf(stderr, "record %u: %s\n", (unsigned)record, why);
    }
    exit(why != NULL);
}

void wasm_trapped(wasm_rt_trap_t code) {
    static char why[80];
    snprintf(why, sizeof why, "a trap: %s", wasm_rt_strerror(code));
    replay_trapped(why);
    abort();
}

int main(void) {
    wasm_rt_init();
    // The start section may call the host.
    replay_begin();
    instantiate();
    replay();
}
