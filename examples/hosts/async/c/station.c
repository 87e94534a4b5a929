/* Runs the fused `station.wat` as a core module, which wasm2c has turned into C. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "station.h"
#include "kit.h"
#include "bindings.h"

u64 kit_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

void kit_wait_until(u64 time) {
    u64 now = kit_now();
    struct timespec rest = { 0, 0 };
    if (time <= now) return;
    rest.tv_sec = (time_t)((time - now) / 1000);
    rest.tv_nsec = (long)((time - now) % 1000 * 1000000);
    nanosleep(&rest, 0);
}

void kit_trap(const char *why) {
    fprintf(stderr, "trap: %s\n", why);
    exit(1);
}

/* What the sensor says, for each run. */
static const u8 chunks[3][2][4] = { { { 3, 1, 2, 3 }, { 2, 4, 5 } }, { { 2, 10, 20 }, { 1, 30 } }, { { 1, 1 }, { 0 } } };
static struct run { u32 stream, chunk, heard; u8 sums[16]; } runs[3];
static u32 readings, reports;

/* sleep: async func(milliseconds: u32) */
u32 host_demo_station_host_sleep(module_t *module, wasm_rt_memory_t *memory, u32 milliseconds) {
    (void)module; (void)memory;
    return kit_later(milliseconds, 0, 0);
}

static void go_on(void *with) {
    struct run *run = with;
    if (run->chunk == 2) {
        kit_close(run->stream);
        return;
    }
    const u8 *chunk = chunks[run - runs][run->chunk++];
    kit_write(run->stream, chunk + 1, chunk[0]);
    kit_after(5, go_on, run);
}

/* readings: func() -> stream<u8> */
u32 host_demo_station_host_readings(module_t *module, wasm_rt_memory_t *memory) {
    struct run *run = &runs[readings++];
    (void)module; (void)memory;
    kit_after(5, go_on, run);
    return kit_source(1, &run->stream);
}

static void hear(void *with, const u8 *bytes, u32 count) {
    struct run *run = with;
    for (u32 i = 0; i < count && run->heard < sizeof run->sums; i++) run->sums[run->heard++] = bytes[i];
}

/* report: func(sums: stream<u8>) */
void host_demo_station_host_report(module_t *module, wasm_rt_memory_t *memory, u32 sums) {
    (void)module; (void)memory;
    kit_sink(sums, hear, &runs[reports++]);
}

int main(void) {
    static module_t module;
    const u64 *values;
    wasm_rt_init();
    Z_station_init_module();
    instantiate(&module);
    u32 tasks[2];
    for (u32 i = 0; i < 2; i++) {
        tasks[i] = kit_enter(&module, callback_run);
        kit_leave(tasks[i], call_run(&module, 2 + i));
    }
    if (!kit_run()) kit_trap("deadlock");
    for (u32 i = 0; i < 2; i++) {
        if (!kit_finish(tasks[i], &values)) kit_trap("a task has not returned");
        printf("run %u: %u, sums", i + 1, (u32)values[0]);
        for (u32 k = 0; k < runs[i].heard; k++) printf(" %u", runs[i].sums[k]);
        printf("\n");
    }
    u32 third = kit_enter(&module, callback_run);
    kit_leave(third, call_run(&module, 60000));
    kit_cancel(third);
    if (!kit_run()) kit_trap("deadlock");
    printf("run 3: %s\n", kit_finish(third, &values) ? "not cancelled" : "cancelled");
    printf("left: %u\n", kit_entries());
    Z_station_free(&module);
    wasm_rt_free();
    return 0;
}
