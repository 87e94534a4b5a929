// The host of the fused module on the board: a timer, a serial port, and the event loop of examples/hosts/async/c, which has tables of a fixed size.
//
// The timer is the processor's, SysTick, which counts milliseconds. Between two of them the processor sleeps if there is nothing to do.

#include "station.h"

#include "board.h"
#include "kit.h"
#include "sizes.h"

#include "bindings.h"

#include <stdio.h>

// Cycles of the processor in a millisecond, on this board.
enum { CYCLES = 25000 };

static volatile uint32_t *const systick_control = (uint32_t *)0xe000e010;
static volatile uint32_t *const systick_reload = (uint32_t *)0xe000e014;
static volatile uint32_t *const systick_value = (uint32_t *)0xe000e018;

static volatile u32 milliseconds;

void board_tick(void) {
    milliseconds++;
}

u64 kit_now(void) {
    return milliseconds;
}

void kit_wait_until(u64 time) {
    while (milliseconds < time) {
        __asm__ volatile("wfi");
    }
}

void kit_trap(const char *why) {
    board_fail(why);
}

// print: func(line: string)
void host_print(module_t *module, wasm_rt_memory_t *memory, u32 at, u32 length) {
    (void)module;
    if (at > memory->size || length > memory->size - at) {
        board_fail("a line is not in the memory");
    }
    board_write((const char *)memory->data + at, length);
    board_write("\n", 1);
}

// sleep: async func(milliseconds: u32)
u32 host_meld_field_timer_sleep(module_t *module, wasm_rt_memory_t *memory, u32 time) {
    (void)module;
    (void)memory;
    return kit_later(time, 0, 0);
}

int main(void) {
    static module_t module;
    *systick_reload = CYCLES - 1;
    *systick_value = 0;
    *systick_control = 7;
    instantiate(&module);
    u32 task = kit_enter(&module, callback_run);
    kit_leave(task, call_run(&module));
    const u64 *values;
    if (!kit_run()) {
        kit_trap("deadlock");
    }
    if (!kit_finish(task, &values)) {
        kit_trap("the task has not returned");
    }
    // The set of all that the module waits for, which it keeps.
    return kit_entries() <= 1 ? 0 : 1;
}
