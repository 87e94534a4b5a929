// Has several calls open at a time, and blocks in a wait on a set of all of them.

#include "guest.h"
#include "runner.h"

// Waits for the one event that is due, of this waitable.
static uint32_t wait(runner_waitable_set_t set, uint32_t waitable, runner_event_code_t kind) {
    runner_event_t event;
    runner_waitable_set_wait(set, &event);
    check(event.event == kind && event.waitable == waitable);
    return event.code;
}

// Makes a call of `after` and waits for it.
static uint32_t after(uint32_t turns, uint32_t value) {
    uint32_t result = 0;
    runner_subtask_status_t status = meld_pending_slow_after(turns, value, &result);
    if (RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_RETURNED) {
        check(RUNNER_SUBTASK_HANDLE(status) == 0);
        return result;
    }
    check(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
    runner_subtask_t call = RUNNER_SUBTASK_HANDLE(status);
    runner_waitable_set_t set = runner_waitable_set_new();
    runner_waitable_join(call, set);
    check(wait(set, call, RUNNER_EVENT_SUBTASK) == RUNNER_SUBTASK_RETURNED);
    runner_subtask_drop(call);
    runner_waitable_set_drop(set);
    return result;
}

typedef struct {
    meld_pending_slow_future_void_writer_t writer;
    runner_subtask_t call;
    runner_string_t answer;
} when_t;

static void when(when_t *when, const char *text, runner_waitable_set_t set) {
    runner_string_t name;
    runner_string_set(&name, text);
    meld_pending_slow_future_void_t ready = meld_pending_slow_future_void_new(&when->writer);
    runner_subtask_status_t status = meld_pending_slow_when(ready, name, &when->answer);
    check(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
    when->call = RUNNER_SUBTASK_HANDLE(status);
    runner_waitable_join(when->call, set);
}

static void finish(when_t *when, const char *text, runner_waitable_set_t set) {
    // It waits over there, so this is done at once.
    runner_waitable_status_t status = meld_pending_slow_future_void_write(when->writer);
    check(status == RUNNER_WAITABLE_COMPLETED);
    meld_pending_slow_future_void_drop_writable(when->writer);
    check(wait(set, when->call, RUNNER_EVENT_SUBTASK) == RUNNER_SUBTASK_RETURNED);
    runner_subtask_drop(when->call);
    check(when->answer.len == strlen(text) && memcmp(when->answer.ptr, text, strlen(text)) == 0);
    runner_string_free(&when->answer);
}

runner_callback_code_t exports_runner_run(void) {
    check(after(0, 4) == 4);
    check(after(1, 5) == 5);
    check(after(50, 6) == 6);
    check(meld_pending_slow_active() == 0);

    runner_waitable_set_t set = runner_waitable_set_new();
    runner_event_t event;
    when_t first, second;
    when(&first, "first", set);
    when(&second, "second", set);
    check(meld_pending_slow_active() == 2);
    runner_waitable_set_poll(set, &event);
    check(event.event == RUNNER_EVENT_NONE);
    finish(&second, "second", set);
    check(meld_pending_slow_active() == 1);
    // The first one still waits while others come and go.
    check(after(10, 7) == 7);
    finish(&first, "first", set);
    check(meld_pending_slow_active() == 0);
    runner_waitable_set_drop(set);
    check(live_bytes() == 0);

    exports_runner_run_return();
    return RUNNER_CALLBACK_CODE_EXIT;
}

runner_callback_code_t exports_runner_run_callback(runner_event_t *event) {
    (void)event;
    __builtin_trap();
}
