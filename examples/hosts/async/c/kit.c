/* See kit.h, and docs/core-abi.md, "Tasks". */
#include "kit.h"
#include <string.h>

enum { FREE, SET, SUBTASK, END };                              /* kinds of entries */
enum { UNUSED, RUNNING, YIELDED, WAITING, ENDED };             /* where the code of a task is */
enum { STARTED, CANCELLING, CANCEL_DELIVERED, RETURNED, GAVE_UP }; /* what became of a task */
enum { COMPLETED, DROPPED, CANCELLED };                        /* results of copies */
enum { MODULE, HOST, GONE };                                   /* who has an end */
#define BLOCKED 0xffffffffu

struct entry {
    int kind;
    u32 set, event, order;       /* a waitable: its set, the code of its event, and when it came */
    u32 members, waiting;        /* a set */
    u32 state, timer; int told;  /* a subtask; whether the module was told of its end */
    u32 stream, result, progress; int writes, copying, done; /* an end */
};
struct operation { u32 end, address, length; int empty; wasm_rt_memory_t *memory; };
struct stream {
    int used, is_future, has_pending, owner[2], closed; /* owners of the readable and of the writable end */
    u32 size, filled;
    struct operation pending;
    u8 buffer[KIT_BUFFER];
    void (*sink)(void *, const u8 *, u32);
    void *with;
};
struct task { int code, phase; u32 set, context[2], count; u64 values[16]; kit_callback callback; void *module; };
struct timer { int used; u64 at; u32 order, subtask; void (*then)(void *); void *with; };

static struct entry entries[KIT_ENTRIES + 1];
static struct stream streams[KIT_STREAMS + 1];
static struct task tasks[KIT_TASKS + 1]; /* 0 is what is no task: its context slots are never kept */
static struct timer timers[KIT_TIMERS];
static u32 current, backpressure, orders, last_run;

static struct entry *entry(u32 index, int kind) {
    if (!index || index > KIT_ENTRIES || entries[index].kind != kind) kit_trap("an index is of something else");
    return &entries[index];
}

static u32 add(int kind) {
    for (u32 i = 1; i <= KIT_ENTRIES; i++)
        if (entries[i].kind == FREE) {
            memset(&entries[i], 0, sizeof entries[i]);
            entries[i].kind = kind;
            return i;
        }
    kit_trap("the table is full");
    return 0;
}

u32 kit_entries(void) {
    u32 count = 0;
    for (u32 i = 1; i <= KIT_ENTRIES; i++) count += entries[i].kind != FREE;
    return count;
}

/* Timers. */

static struct timer *timer(u64 milliseconds, void (*then)(void *), void *with) {
    for (u32 i = 0; i < KIT_TIMERS; i++)
        if (!timers[i].used) {
            timers[i] = (struct timer){ 1, kit_now() + milliseconds, ++orders, 0, then, with };
            return &timers[i];
        }
    kit_trap("there are too many timers");
    return 0;
}

void kit_after(u64 milliseconds, void (*then)(void *), void *with) { timer(milliseconds, then, with); }

static void set_event(u32 waitable, u32 code) {
    entries[waitable].event = code;
    entries[waitable].order = ++orders;
}

static struct timer *next_timer(void) {
    struct timer *next = 0;
    for (u32 i = 0; i < KIT_TIMERS; i++)
        if (timers[i].used && (!next || timers[i].at < next->at || (timers[i].at == next->at && timers[i].order < next->order)))
            next = &timers[i];
    return next;
}

/* Waits for the next timer, and does what it is for. */
static int tick(void) {
    struct timer *next = next_timer(), due;
    if (!next) return 0;
    due = *next;
    kit_wait_until(due.at);
    next->used = 0;
    if (due.then) due.then(due.with);
    if (due.subtask) {
        entry(due.subtask, SUBTASK)->state = 2;
        set_event(due.subtask, 1);
    }
    return 1;
}

u32 kit_later(u64 milliseconds, void (*then)(void *), void *with) {
    struct timer *until = timer(milliseconds, then, with);
    u32 index = until->subtask = add(SUBTASK);
    entries[index].state = 1;
    entries[index].timer = until->order;
    return 1 | index << 4;
}

/* Events. */

static u32 deliver(u32 index) {
    struct entry *of = &entries[index];
    of->event = 0;
    if (of->kind == SUBTASK) {
        of->told = of->state >= 2;
        return of->state;
    }
    struct stream *stream = &streams[of->stream];
    if (stream->has_pending && stream->pending.end == index) stream->has_pending = 0;
    of->copying = 0;
    of->done = stream->is_future ? of->result != CANCELLED : of->result == DROPPED;
    return stream->is_future ? of->result : of->result | of->progress << 4;
}

/* The oldest event of a set. */
static int poll(u32 set, u32 event[3]) {
    u32 oldest = 0;
    for (u32 i = 1; i <= KIT_ENTRIES; i++)
        if ((entries[i].kind == SUBTASK || entries[i].kind == END) && entries[i].set == set && entries[i].event &&
            (!oldest || entries[i].order < entries[oldest].order))
            oldest = i;
    event[0] = event[1] = event[2] = 0;
    if (!oldest) return 0;
    event[0] = entries[oldest].event;
    event[1] = oldest;
    event[2] = deliver(oldest);
    return 1;
}

u32 kit_set_new(void) { return add(SET); }

void kit_set_drop(u32 set) {
    struct entry *of = entry(set, SET);
    if (of->members || of->waiting) kit_trap("a set is dropped that is used");
    of->kind = FREE;
}

void kit_join(u32 waitable, u32 set) {
    struct entry *of = &entries[waitable > KIT_ENTRIES ? 0 : waitable];
    if (of->kind != SUBTASK && of->kind != END) kit_trap("an index is of no waitable");
    if (set) entry(set, SET)->members++;
    if (of->set) entries[of->set].members--;
    of->set = set;
}

static u8 *at(wasm_rt_memory_t *memory, u32 address, u64 size) {
    if (!memory || address + size > memory->size) kit_trap("a range is not all in the memory");
    return memory->data + address;
}

static void store(wasm_rt_memory_t *memory, u32 address, u32 value) {
    u8 *bytes = at(memory, address, 4);
    for (int i = 0; i < 4; i++) bytes[i] = (u8)(value >> (8 * i));
}

u32 kit_set_wait(wasm_rt_memory_t *memory, u32 set, u32 address, int waits) {
    u32 event[3];
    entry(set, SET)->waiting++;
    while (!poll(set, event) && waits)
        if (!tick()) kit_trap("deadlock");
    entry(set, SET)->waiting--;
    store(memory, address, event[1]);
    store(memory, address + 4, event[2]);
    return event[0];
}

/* Tasks. */

int kit_may_enter(void) { return !backpressure; }
void kit_backpressure_inc(void) { if (++backpressure > 0xffff) kit_trap("too much backpressure"); }
void kit_backpressure_dec(void) { if (!backpressure--) kit_trap("no backpressure"); }
u32 kit_context_get(u32 slot) { return tasks[current].context[slot]; }
void kit_context_set(u32 slot, u32 value) { tasks[current].context[slot] = value; }

u32 kit_enter(void *module, kit_callback callback) {
    for (u32 i = 1; i <= KIT_TASKS; i++)
        if (tasks[i].code == UNUSED) {
            memset(&tasks[i], 0, sizeof tasks[i]);
            tasks[i].code = RUNNING;
            tasks[i].callback = callback;
            tasks[i].module = module;
            return current = i;
        }
    kit_trap("there are too many tasks");
    return 0;
}

void kit_leave(u32 task, u32 code) {
    struct task *of = &tasks[task];
    current = 0;
    switch (code & 0xf) {
    case 0:
        if (of->phase != RETURNED && of->phase != GAVE_UP) kit_trap("a task has ended and not returned");
        of->code = ENDED;
        break;
    case 1: of->code = YIELDED; break;
    case 2:
        of->code = WAITING;
        of->set = code >> 4;
        entry(of->set, SET)->waiting++;
        break;
    default: kit_trap("a callback returns no code");
    }
}

void kit_cancel(u32 task) { if (tasks[task].phase == STARTED) tasks[task].phase = CANCELLING; }

void kit_task_return(const u64 *values, u32 count) {
    struct task *task = &tasks[current];
    if (!current || task->phase == RETURNED || task->phase == GAVE_UP) kit_trap("no task returns here");
    task->phase = RETURNED;
    memcpy(task->values, values, count * sizeof *values);
    task->count = count;
}

void kit_task_cancel(void) {
    if (!current || tasks[current].phase != CANCEL_DELIVERED) kit_trap("a task gives up that was not asked to");
    tasks[current].phase = GAVE_UP;
}

int kit_finish(u32 task, const u64 **values) {
    struct task *of = &tasks[task];
    if (of->code != ENDED) kit_trap("a task has not ended");
    of->code = UNUSED;
    *values = of->values;
    return of->phase == RETURNED;
}

/* Runs one task that has something to do, the others first the next time. */
static int step(void) {
    for (u32 n = 0; n < KIT_TASKS; n++) {
        u32 i = last_run = last_run % KIT_TASKS + 1, event[3] = { 0, 0, 0 };
        struct task *task = &tasks[i];
        if (task->code != YIELDED && task->code != WAITING) continue;
        if (task->phase == CANCELLING) {
            task->phase = CANCEL_DELIVERED;
            event[0] = 6;
        } else if (task->code == WAITING && !poll(task->set, event)) continue;
        if (task->code == WAITING) entry(task->set, SET)->waiting--;
        task->code = RUNNING;
        current = i;
        kit_leave(i, task->callback(task->module, event[0], event[1], event[2]));
        return 1;
    }
    return 0;
}

int kit_run(void) {
    for (;;) {
        struct timer *next = next_timer();
        if ((next && next->at <= kit_now()) ? tick() : step()) continue;
        if (!tick()) break;
    }
    for (u32 i = 1; i <= KIT_TASKS; i++)
        if (tasks[i].code != UNUSED && tasks[i].code != ENDED) return 0;
    return 1;
}

/* Subtasks. What the host does ends at once. */

u32 kit_subtask_cancel(u32 subtask) {
    struct entry *of = entry(subtask, SUBTASK);
    if (of->told) kit_trap("a subtask is cancelled that is over");
    if (of->state == 1) {
        of->state = 4;
        for (u32 i = 0; i < KIT_TIMERS; i++)
            if (timers[i].used && timers[i].order == of->timer) timers[i].used = 0;
    }
    of->event = 0;
    of->told = 1;
    return of->state;
}

void kit_subtask_drop(u32 subtask) {
    if (!entry(subtask, SUBTASK)->told) kit_trap("a subtask is dropped that is not over");
    kit_join(subtask, 0);
    entries[subtask].kind = FREE;
}

/* Streams and futures. */

static u32 new_stream(u32 size, int is_future, int writer) {
    for (u32 i = 1; i <= KIT_STREAMS; i++)
        if (!streams[i].used) {
            memset(&streams[i], 0, sizeof streams[i]);
            streams[i].used = 1;
            streams[i].size = size;
            streams[i].is_future = is_future;
            streams[i].owner[1] = writer;
            return i;
        }
    kit_trap("there are too many streams");
    return 0;
}

static u32 new_end(u32 stream, int writes) {
    u32 index = add(END);
    entries[index].stream = stream;
    entries[index].writes = writes;
    return index;
}

u64 kit_stream_new(u32 size, int is_future) {
    u32 stream = new_stream(size, is_future, MODULE), readable = new_end(stream, 0);
    return readable | (u64)new_end(stream, 1) << 32;
}

u32 kit_source(u32 size, u32 *stream) {
    *stream = new_stream(size, 0, HOST);
    return new_end(*stream, 0);
}

static void finish(u32 end, u32 result, u32 more) {
    struct entry *of = &entries[end];
    of->result = result;
    of->progress += more;
    set_event(end, 2 + 2 * (u32)streams[of->stream].is_future + (u32)of->writes);
}

static u32 least(u32 a, u32 b) { return a < b ? a : b; }

/* The module reads what the host has written. */
static int from_host(struct stream *stream, struct operation *op) {
    u32 size = stream->size ? stream->size : 1, count = least(op->length, stream->filled / size), bytes = count * size;
    if (!stream->filled) {
        if (!stream->closed) return 0;
        finish(op->end, DROPPED, 0);
        return 1;
    }
    if (stream->size && bytes) memcpy(at(op->memory, op->address, bytes), stream->buffer, bytes);
    stream->filled -= bytes;
    memmove(stream->buffer, stream->buffer + bytes, stream->filled);
    finish(op->end, COMPLETED, count);
    return 1;
}

static void to_host(struct stream *stream, struct operation *op) {
    u32 bytes = op->length * stream->size;
    stream->sink(stream->with, bytes ? at(op->memory, op->address, bytes) : 0, bytes);
    finish(op->end, COMPLETED, op->length);
}

static void meet(struct stream *stream, struct operation *op, int writes) {
    struct operation *other = &stream->pending, *from = writes ? op : other, *to = writes ? other : op;
    u32 count = least(op->length, other->length), bytes = count * stream->size;
    if (count) {
        if (bytes) memmove(at(to->memory, to->address, bytes), at(from->memory, from->address, bytes), bytes);
        /* The other one goes on until it hears of its event. */
        other->address += bytes;
        other->length -= count;
        finish(other->end, COMPLETED, count);
        finish(op->end, COMPLETED, count);
    } else if (other->length || (writes && op->empty && other->empty)) {
        finish(op->end, COMPLETED, 0);
    } else {
        finish(other->end, COMPLETED, 0);
        *other = *op;
    }
}

u32 kit_copy(wasm_rt_memory_t *memory, u32 end, u32 address, u32 length, int writes, int is_async) {
    struct entry *of = entry(end, END);
    struct stream *stream = &streams[of->stream];
    struct operation op = { end, address, length, !length, memory };
    if (of->writes != writes || of->copying || of->done) kit_trap("an end cannot copy now");
    if (length >> 28 || (length && stream->size && address % stream->size)) kit_trap("a range is not right");
    if (length && stream->size) at(memory, address, (u64)length * stream->size);
    of->copying = 1;
    of->progress = 0;
    if (stream->owner[!writes] == GONE) finish(end, DROPPED, 0);
    else if (stream->owner[!writes] == HOST && writes && stream->sink) to_host(stream, &op);
    else if (stream->owner[!writes] == HOST && !writes && from_host(stream, &op)) {}
    else if (stream->has_pending) meet(stream, &op, writes);
    else {
        stream->pending = op;
        stream->has_pending = 1;
    }
    if (!of->event && is_async) return BLOCKED;
    while (!of->event)
        if (!tick()) kit_trap("deadlock");
    return deliver(end);
}

u32 kit_cancel_copy(u32 end, int writes) {
    struct entry *of = entry(end, END);
    if (of->writes != writes || !of->copying) kit_trap("an end does not copy");
    if (!of->event) finish(end, CANCELLED, 0);
    else if (!streams[of->stream].is_future && of->result == COMPLETED) of->result = CANCELLED;
    return deliver(end);
}

/* An end is gone. */
static void gone(u32 number, int writes) {
    struct stream *stream = &streams[number];
    stream->owner[writes] = GONE;
    if (stream->has_pending) {
        stream->has_pending = 0;
        finish(stream->pending.end, DROPPED, 0);
    }
    stream->used = stream->owner[0] == MODULE || stream->owner[1] == MODULE || (stream->owner[1] == HOST && !stream->closed);
}

void kit_drop_end(u32 end, int writes) {
    struct entry *of = entry(end, END);
    if (of->writes != writes || of->copying) kit_trap("an end cannot be dropped now");
    if (streams[of->stream].is_future && writes && !of->done) kit_trap("a future is dropped before it has its value");
    kit_join(end, 0);
    of->kind = FREE;
    gone(of->stream, writes);
}

u32 kit_write(u32 number, const u8 *bytes, u32 count) {
    struct stream *stream = &streams[number];
    if (stream->owner[0] == GONE) return count;
    count = least(count, KIT_BUFFER - stream->filled);
    memcpy(stream->buffer + stream->filled, bytes, count);
    stream->filled += count;
    if (stream->has_pending && from_host(stream, &stream->pending)) stream->has_pending = 0;
    return count;
}

void kit_close(u32 number) {
    struct stream *stream = &streams[number];
    stream->closed = 1;
    if (stream->owner[0] == GONE) stream->used = 0;
    else if (stream->has_pending && from_host(stream, &stream->pending)) stream->has_pending = 0;
}

void kit_sink(u32 index, void (*sink)(void *, const u8 *, u32), void *with) {
    struct entry *of = entry(index, END);
    struct stream *stream = &streams[of->stream];
    if (of->writes || of->copying || of->done || of->set) kit_trap("an end cannot be passed on");
    of->kind = FREE;
    stream->owner[0] = HOST;
    stream->sink = sink;
    stream->with = with;
    if (stream->has_pending) {
        stream->has_pending = 0;
        to_host(stream, &stream->pending);
    }
}
