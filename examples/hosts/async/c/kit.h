/* A host of one fused core module with tasks, in C, for what wasm2c makes of the module: what docs/core-abi.md asks of a host. It has tables
 * of a fixed size, allocates nothing, and stops with kit_trap where a table is full or the Canonical ABI prescribes a trap. */
#ifndef KIT_H
#define KIT_H
#include "wasm-rt.h"

#ifndef KIT_TASKS
#define KIT_TASKS 8
#endif
#ifndef KIT_ENTRIES
#define KIT_ENTRIES 32
#endif
#ifndef KIT_STREAMS
#define KIT_STREAMS 8
#endif
#ifndef KIT_TIMERS
#define KIT_TIMERS 16
#endif
/* Bytes that the host may write ahead of the module, for each stream. */
#ifndef KIT_BUFFER
#define KIT_BUFFER 64
#endif

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

/* What the host has: milliseconds since it began, waiting until then, and the end of the program. */
u64 kit_now(void);
void kit_wait_until(u64 time);
void kit_trap(const char *why);

/* A call of an exported function: `u32 task = kit_enter(module, callback); kit_leave(task, call_f(module, ...));`, while kit_may_enter. */
typedef u32 (*kit_callback)(void *module, u32 event, u32 index, u32 payload);
int kit_may_enter(void);
u32 kit_enter(void *module, kit_callback callback);
void kit_leave(u32 task, u32 code);
/* Asks it to give up. */
void kit_cancel(u32 task);
/* Runs until all tasks have ended. 0: what is left waits for nothing that the host could do. */
int kit_run(void);
/* Whether it has returned; its core values then. The task is free afterwards. */
int kit_finish(u32 task, const u64 **values);
/* How many entries the table has. */
u32 kit_entries(void);

/* Something that happens later. */
void kit_after(u64 milliseconds, void (*then)(void *), void *with);
/* What a function of the host that is lowered with `async` returns if it has no result yet: it ends then, and `then` may store the result before. */
u32 kit_later(u64 milliseconds, void (*then)(void *), void *with);

/* A stream for the module: its index, and the number of the host's end. Elements have `size` bytes. */
u32 kit_source(u32 size, u32 *stream);
/* Writes ahead as many bytes as there is room for, which it returns. */
u32 kit_write(u32 stream, const u8 *bytes, u32 count);
void kit_close(u32 stream);
/* A stream that the module has passed: `sink` gets what is written. */
void kit_sink(u32 index, void (*sink)(void *, const u8 *, u32), void *with);

/* Built-ins, for bind.py. */
void kit_task_return(const u64 *values, u32 count);
void kit_task_cancel(void);
u32 kit_context_get(u32 slot);
void kit_context_set(u32 slot, u32 value);
void kit_backpressure_inc(void);
void kit_backpressure_dec(void);
u32 kit_set_new(void);
void kit_set_drop(u32 set);
u32 kit_set_wait(wasm_rt_memory_t *memory, u32 set, u32 address, int waits);
void kit_join(u32 waitable, u32 set);
u32 kit_subtask_cancel(u32 subtask);
void kit_subtask_drop(u32 subtask);
u64 kit_stream_new(u32 size, int is_future);
u32 kit_copy(wasm_rt_memory_t *memory, u32 end, u32 address, u32 length, int writes, int is_async);
u32 kit_cancel_copy(u32 end, int writes);
void kit_drop_end(u32 end, int writes);
#endif
