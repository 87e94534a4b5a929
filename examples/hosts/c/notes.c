/* A host in C of the fused `notes.wat`, a module with two memories that wasm2c has turned into C. What belongs to which
 * memory is in bindings.h, which bind.py writes from the interface description. */
#include <stdio.h>
#include <string.h>

#include "notes.h"
#include "bindings.h"

static unsigned heard;

static u8 *at(module_t *module, const struct place *place, u32 address, u32 size) {
    wasm_rt_memory_t *memory = place->memory(module);
    if ((u64)address + size > memory->size) wasm_rt_trap(WASM_RT_TRAP_OOB);
    return memory->data + address;
}

static u32 allocate(module_t *module, const struct place *place, u32 align, u32 size) {
    u32 address = place->allocate(module, 0, 0, align, size);
    at(module, place, address, size);
    return address;
}

static u32 load(module_t *module, const struct place *place, u32 address) {
    const u8 *bytes = at(module, place, address, 4);
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (u32)bytes[3] << 24;
}

static void store(module_t *module, const struct place *place, u32 address, u32 value) {
    u8 *bytes = at(module, place, address, 4);
    for (int i = 0; i < 4; i++) bytes[i] = (u8)(value >> (8 * i));
}

/* note: func(text: string) -> string */
void host_demo_hosts_notes_note(module_t *module, const struct place *place, u32 text, u32 length, u32 result) {
    char answer[128];
    int size = snprintf(answer, sizeof answer, "%.*s! (%u)", (int)length, (char *)at(module, place, text, length), ++heard);
    u32 address = allocate(module, place, 1, (u32)size);
    memcpy(at(module, place, address, (u32)size), answer, (size_t)size);
    store(module, place, result, address);
    store(module, place, result + 4, (u32)size);
}

/* join: func(parts: list<string>) -> string */
static void join(module_t *module, const struct place *place, u32 (*call)(module_t *, u32, u32),
                 void (*done)(module_t *, u32), const char **parts, u32 count) {
    u32 list = allocate(module, place, 4, 8 * count);
    for (u32 i = 0; i < count; i++) {
        u32 size = (u32)strlen(parts[i]), text = allocate(module, place, 1, size);
        memcpy(at(module, place, text, size), parts[i], size);
        store(module, place, list + 8 * i, text);
        store(module, place, list + 8 * i + 4, size);
    }
    u32 result = call(module, list, count);
    u32 text = load(module, place, result), size = load(module, place, result + 4);
    printf("%.*s\n", (int)size, (char *)at(module, place, text, size));
    done(module, result);
}

static void left_done(module_t *module, u32 result) { done_demo_hosts_left_join(module, result); }
static void right_done(module_t *module, u32 result) { done_demo_hosts_right_join(module, result); }

int main(void) {
    static module_t module;
    wasm_rt_init();
    Z_notes_init_module();
    Z_notes_instantiate(&module, (void *)&module);
    initialize(&module);
    const char *hello[] = { "Grüße", " ", "👋" }, *numbers[] = { "one", ", ", "two" };
    join(&module, &place_of_demo_hosts_left_join, call_demo_hosts_left_join, left_done, hello, 3);
    join(&module, &place_of_demo_hosts_right_join, call_demo_hosts_right_join, right_done, numbers, 3);
    join(&module, &place_of_demo_hosts_left_join, call_demo_hosts_left_join, left_done, hello, 0);
    printf("freed %u %u\n", call_demo_hosts_left_freed(&module), call_demo_hosts_right_freed(&module));
    Z_notes_free(&module);
    wasm_rt_free();
    return 0;
}
