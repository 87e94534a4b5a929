// The allocator counts, as that of the Rust guests does: every call of it is linked to the functions below, with
// the linker's --wrap.

#include "guest.h"

extern size_t malloc_usable_size(void *pointer);
extern void *__real_malloc(size_t size);
extern void *__real_calloc(size_t count, size_t size);
extern void *__real_realloc(void *pointer, size_t size);
extern void __real_free(void *pointer);

static uint32_t live;

static void *counted(void *pointer) {
    live += malloc_usable_size(pointer);
    return pointer;
}

void *__wrap_malloc(size_t size) {
    return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *pointer, size_t size) {
    live -= malloc_usable_size(pointer);
    return counted(__real_realloc(pointer, size));
}

void __wrap_free(void *pointer) {
    live -= malloc_usable_size(pointer);
    __real_free(pointer);
}

uint32_t live_bytes(void) {
    return live;
}
