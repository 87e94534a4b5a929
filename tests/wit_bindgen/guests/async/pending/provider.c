// Yields or waits before it answers. What a call is about lies where its context slot points.

#include "guest.h"
#include "provider.h"

static uint32_t active;

typedef struct {
    uint32_t turns;
    uint32_t value;
} after_t;

static provider_callback_code_t after_go_on(after_t *call) {
    if (call->turns > 0) {
        call->turns--;
        provider_context_set_0(call);
        return PROVIDER_CALLBACK_CODE_YIELD;
    }
    active--;
    exports_meld_pending_slow_after_return(call->value);
    free(call);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_pending_slow_after(uint32_t turns, uint32_t value) {
    check(provider_context_get_0() == NULL);
    after_t *call = malloc(sizeof *call);
    call->turns = turns;
    call->value = value;
    active++;
    return after_go_on(call);
}

provider_callback_code_t exports_meld_pending_slow_after_callback(provider_event_t *event) {
    check(event->event == PROVIDER_EVENT_NONE);
    return after_go_on(provider_context_get_0());
}

typedef struct {
    provider_waitable_set_t set;
    exports_meld_pending_slow_future_void_t ready;
    provider_string_t text;
} when_t;

static provider_callback_code_t when_answer(when_t *call) {
    exports_meld_pending_slow_future_void_drop_readable(call->ready);
    provider_waitable_set_drop(call->set);
    active--;
    exports_meld_pending_slow_when_return(call->text);
    provider_string_free(&call->text);
    free(call);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_pending_slow_when(exports_meld_pending_slow_future_void_t ready,
                                                        provider_string_t *text) {
    when_t *call = malloc(sizeof *call);
    call->set = provider_waitable_set_new();
    call->ready = ready;
    call->text = *text;
    active++;
    provider_waitable_status_t status = exports_meld_pending_slow_future_void_read(ready);
    if (status != PROVIDER_WAITABLE_STATUS_BLOCKED) {
        check(PROVIDER_WAITABLE_STATE(status) == PROVIDER_WAITABLE_COMPLETED);
        return when_answer(call);
    }
    provider_waitable_join(ready, call->set);
    provider_context_set_0(call);
    return PROVIDER_CALLBACK_CODE_WAIT(call->set);
}

provider_callback_code_t exports_meld_pending_slow_when_callback(provider_event_t *event) {
    when_t *call = provider_context_get_0();
    check(event->event == PROVIDER_EVENT_FUTURE_READ && event->waitable == call->ready);
    check(PROVIDER_WAITABLE_STATE(event->code) == PROVIDER_WAITABLE_COMPLETED);
    provider_waitable_join(call->ready, 0);
    return when_answer(call);
}

uint32_t exports_meld_pending_slow_active(void) {
    return active;
}
