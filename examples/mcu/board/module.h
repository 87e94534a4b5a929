// The fused module, as the host sees it: provided by native.c for both translators, and by wasmi/.

#pragma once

#include <stdint.h>

// Makes the memory, the tables and the globals what the module says they are at first.
void module_start(void);

// The export `run`.
void module_run(void);

// The export `memory`, and how many bytes it has.
uint8_t *module_memory(void);
uint32_t module_memory_size(void);

// The import `print: func(line: string)`: an address in the memory, and a length.
void host_print(uint32_t at, uint32_t len);
