#pragma once

#include <stddef.h>
#include <stdint.h>

// What the module makes and the host provides.
extern const uint8_t trace[];
extern const char *const export_results[];
void call_export(uint32_t number, const uint64_t *params, uint64_t *results);
// `bytes` at an address of the memory; NULL if they are not all there.
uint8_t *replay_memory(uint32_t at, uint32_t bytes);

// Types are letters: i and l are i32 and i64, f and d are f32 and f64.
void replay_import(uint32_t number, const uint64_t *params, const char *types, uint64_t *results);
// The module has trapped. Does not return.
void replay_trapped(const char *why);
// Before the module is made.
void replay_begin(void);
// Does what the trace says. Does not return.
void replay(void);
// The end: it went wrong for that reason at that record, or not.
_Noreturn void replay_end(const char *why, uint32_t record);
