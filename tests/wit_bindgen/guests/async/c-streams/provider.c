// Streams read and written by callbacks, and one that is read by blocking.

#include "guest.h"
#include "provider.h"

typedef exports_meld_c_streams_flow_stream_u32_t numbers_t;

// --- sum: reads by callbacks, ten at a time

typedef struct {
    provider_waitable_set_t set;
    numbers_t numbers;
    uint32_t buffer[10];
    uint64_t sum;
} sum_t;

// Takes what a read has brought. Whether the stream goes on.
static bool sum_took(sum_t *call, provider_waitable_status_t status) {
    uint32_t count = PROVIDER_WAITABLE_COUNT(status);
    check(count <= 10);
    for (uint32_t i = 0; i < count; i++) call->sum += call->buffer[i];
    return PROVIDER_WAITABLE_STATE(status) == PROVIDER_WAITABLE_COMPLETED;
}

static provider_callback_code_t sum_end(sum_t *call) {
    exports_meld_c_streams_flow_stream_u32_drop_readable(call->numbers);
    provider_waitable_set_drop(call->set);
    exports_meld_c_streams_flow_sum_return(call->sum);
    free(call);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

// Reads until a read has to wait.
static provider_callback_code_t sum_read(sum_t *call) {
    for (;;) {
        provider_waitable_status_t status =
            exports_meld_c_streams_flow_stream_u32_read(call->numbers, call->buffer, 10);
        if (status == PROVIDER_WAITABLE_STATUS_BLOCKED) {
            provider_waitable_join(call->numbers, call->set);
            provider_context_set_0(call);
            return PROVIDER_CALLBACK_CODE_WAIT(call->set);
        }
        if (!sum_took(call, status)) return sum_end(call);
    }
}

provider_callback_code_t exports_meld_c_streams_flow_sum(numbers_t numbers) {
    sum_t *call = malloc(sizeof *call);
    call->set = provider_waitable_set_new();
    call->numbers = numbers;
    call->sum = 0;
    return sum_read(call);
}

provider_callback_code_t exports_meld_c_streams_flow_sum_callback(provider_event_t *event) {
    sum_t *call = provider_context_get_0();
    check(event->event == PROVIDER_EVENT_STREAM_READ && event->waitable == call->numbers);
    provider_waitable_join(call->numbers, 0);
    return sum_took(call, event->code) ? sum_read(call) : sum_end(call);
}

// --- count: returns first, then writes, then tells how many were taken

typedef struct {
    provider_waitable_set_t set;
    exports_meld_c_streams_flow_stream_u32_writer_t writer;
    exports_meld_c_streams_flow_future_u32_writer_t taken_writer;
    uint32_t next, total, piece, taken;
    bool told;
    uint32_t buffer[];
} count_t;

static provider_callback_code_t count_end(count_t *call) {
    exports_meld_c_streams_flow_future_u32_drop_writable(call->taken_writer);
    provider_waitable_set_drop(call->set);
    free(call);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

static provider_callback_code_t count_tell(count_t *call) {
    exports_meld_c_streams_flow_stream_u32_drop_writable(call->writer);
    call->told = true;
    provider_waitable_status_t status =
        exports_meld_c_streams_flow_future_u32_write(call->taken_writer, &call->taken);
    if (status != PROVIDER_WAITABLE_STATUS_BLOCKED) return count_end(call);
    provider_waitable_join(call->taken_writer, call->set);
    provider_context_set_0(call);
    return PROVIDER_CALLBACK_CODE_WAIT(call->set);
}

// Whether the stream goes on.
static bool count_took(count_t *call, provider_waitable_status_t status) {
    call->taken += PROVIDER_WAITABLE_COUNT(status);
    call->next = call->taken;
    return PROVIDER_WAITABLE_STATE(status) == PROVIDER_WAITABLE_COMPLETED;
}

static provider_callback_code_t count_write(count_t *call) {
    while (call->next < call->total) {
        uint32_t piece = 0;
        while (piece < call->piece && call->next + piece < call->total) {
            call->buffer[piece] = call->next + piece;
            piece++;
        }
        provider_waitable_status_t status =
            exports_meld_c_streams_flow_stream_u32_write(call->writer, call->buffer, piece);
        if (status == PROVIDER_WAITABLE_STATUS_BLOCKED) {
            provider_waitable_join(call->writer, call->set);
            provider_context_set_0(call);
            return PROVIDER_CALLBACK_CODE_WAIT(call->set);
        }
        if (!count_took(call, status)) break;
    }
    return count_tell(call);
}

provider_callback_code_t exports_meld_c_streams_flow_count(uint32_t total, uint32_t piece) {
    count_t *call = malloc(sizeof *call + piece * sizeof *call->buffer);
    memset(call, 0, sizeof *call);
    call->set = provider_waitable_set_new();
    call->total = total;
    call->piece = piece;
    exports_meld_c_streams_flow_tuple2_stream_u32_future_u32_t ends;
    ends.f0 = exports_meld_c_streams_flow_stream_u32_new(&call->writer);
    ends.f1 = exports_meld_c_streams_flow_future_u32_new(&call->taken_writer);
    exports_meld_c_streams_flow_count_return(ends);
    return count_write(call);
}

provider_callback_code_t exports_meld_c_streams_flow_count_callback(provider_event_t *event) {
    count_t *call = provider_context_get_0();
    if (call->told) {
        check(event->event == PROVIDER_EVENT_FUTURE_WRITE && event->waitable == call->taken_writer);
        provider_waitable_join(call->taken_writer, 0);
        return count_end(call);
    }
    check(event->event == PROVIDER_EVENT_STREAM_WRITE && event->waitable == call->writer);
    provider_waitable_join(call->writer, 0);
    return count_took(call, event->code) ? count_write(call) : count_tell(call);
}

// --- take: blocks in the middle, and is never called back

provider_callback_code_t exports_meld_c_streams_flow_take(uint32_t total, numbers_t numbers) {
    provider_list_u32_t taken = {malloc(total * sizeof(uint32_t)), 0};
    provider_waitable_set_t set = provider_waitable_set_new();
    while (taken.len < total) {
        provider_waitable_status_t status =
            exports_meld_c_streams_flow_stream_u32_read(numbers, taken.ptr + taken.len, total - taken.len);
        if (status == PROVIDER_WAITABLE_STATUS_BLOCKED) {
            provider_event_t event;
            provider_waitable_join(numbers, set);
            provider_waitable_set_wait(set, &event);
            provider_waitable_join(numbers, 0);
            check(event.event == PROVIDER_EVENT_STREAM_READ && event.waitable == numbers);
            status = event.code;
        }
        taken.len += PROVIDER_WAITABLE_COUNT(status);
        if (PROVIDER_WAITABLE_STATE(status) != PROVIDER_WAITABLE_COMPLETED) break;
    }
    exports_meld_c_streams_flow_stream_u32_drop_readable(numbers);
    provider_waitable_set_drop(set);
    exports_meld_c_streams_flow_take_return(taken);
    free(taken.ptr);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_c_streams_flow_take_callback(provider_event_t *event) {
    (void)event;
    __builtin_trap();
}

// --- measure: elements that are allocated here

typedef struct {
    provider_waitable_set_t set;
    exports_meld_c_streams_flow_stream_string_t texts;
    provider_string_t buffer[4];
    provider_list_u32_t lengths;
    size_t room;
} measure_t;

static bool measure_took(measure_t *call, provider_waitable_status_t status) {
    uint32_t count = PROVIDER_WAITABLE_COUNT(status);
    for (uint32_t i = 0; i < count; i++) {
        if (call->lengths.len == call->room) {
            call->room = 2 * call->room + 8;
            call->lengths.ptr = realloc(call->lengths.ptr, call->room * sizeof(uint32_t));
        }
        call->lengths.ptr[call->lengths.len++] = call->buffer[i].len;
        provider_string_free(&call->buffer[i]);
    }
    return PROVIDER_WAITABLE_STATE(status) == PROVIDER_WAITABLE_COMPLETED;
}

static provider_callback_code_t measure_end(measure_t *call) {
    exports_meld_c_streams_flow_stream_string_drop_readable(call->texts);
    provider_waitable_set_drop(call->set);
    exports_meld_c_streams_flow_measure_return(call->lengths);
    free(call->lengths.ptr);
    free(call);
    check(live_bytes() == 0);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

static provider_callback_code_t measure_read(measure_t *call) {
    for (;;) {
        provider_waitable_status_t status =
            exports_meld_c_streams_flow_stream_string_read(call->texts, call->buffer, 4);
        if (status == PROVIDER_WAITABLE_STATUS_BLOCKED) {
            provider_waitable_join(call->texts, call->set);
            provider_context_set_0(call);
            return PROVIDER_CALLBACK_CODE_WAIT(call->set);
        }
        if (!measure_took(call, status)) return measure_end(call);
    }
}

provider_callback_code_t exports_meld_c_streams_flow_measure(exports_meld_c_streams_flow_stream_string_t texts) {
    measure_t *call = malloc(sizeof *call);
    memset(call, 0, sizeof *call);
    call->set = provider_waitable_set_new();
    call->texts = texts;
    return measure_read(call);
}

provider_callback_code_t exports_meld_c_streams_flow_measure_callback(provider_event_t *event) {
    measure_t *call = provider_context_get_0();
    check(event->event == PROVIDER_EVENT_STREAM_READ && event->waitable == call->texts);
    provider_waitable_join(call->texts, 0);
    return measure_took(call, event->code) ? measure_read(call) : measure_end(call);
}
