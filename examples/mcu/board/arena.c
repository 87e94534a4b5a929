// A binary buddy allocator over a part of the linear memory.
//
// In: requests with the contract of `__cabi_arena_realloc`. Out: addresses in the linear memory. A block is a power of
// two, at a multiple of its size from the arena's start; a free one is in the list of its order, linked through its own
// first bytes, and marked in `is_free`. Allocating splits, freeing joins, at most once an order, so both take bounded
// time. A block needs no header: the contract says its length again when it is freed.
//
// Rejected: headers and boundary tags (TLSF), which waste less on odd lengths; a small machine's requests are small, and
// this is short.

#include "arena.h"

#include <stddef.h>
#include <string.h>

enum {
    MIN_ORDER = 4,   // 16 bytes: two links
    MAX_ORDER = 20,  // 1 MiB
    ORDERS = MAX_ORDER + 1,
    // The start is a multiple of this, so alignments up to it are.
    ALIGNMENT = 64,
    LEAVES = ARENA_MAX >> MIN_ORDER,
};

_Static_assert(ARENA_MAX % (1 << MIN_ORDER) == 0, "an arena is made of smallest blocks");

// Links of a free block, as offsets from the start; NONE ends a list.
#define NONE UINT32_MAX
struct links {
    uint32_t next;
    uint32_t previous;
};

static uint8_t *start;      // in the machine's memory
static uint32_t start_at;   // in the linear memory
static uint32_t size;
static uint32_t first[ORDERS];
// For the block that begins at a leaf: its order if it is free, else 0.
static uint8_t is_free[LEAVES];

static struct links *links(uint32_t block) {
    return (struct links *)(void *)(start + block);
}

static void push(uint32_t block, uint32_t order) {
    *links(block) = (struct links){first[order], NONE};
    if (first[order] != NONE) {
        links(first[order])->previous = block;
    }
    first[order] = block;
    is_free[block >> MIN_ORDER] = (uint8_t)order;
}

static void take(uint32_t block, uint32_t order) {
    struct links it = *links(block);
    if (it.previous == NONE) {
        first[order] = it.next;
    } else {
        links(it.previous)->next = it.next;
    }
    if (it.next != NONE) {
        links(it.next)->previous = it.previous;
    }
    is_free[block >> MIN_ORDER] = 0;
}

void arena_init(uint8_t *memory, uint32_t base, uint32_t end) {
    start_at = (base + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (end < start_at || end - start_at > ARENA_MAX) {
        arena_trap("the arena's region is not one");
    }
    start = memory + start_at;
    size = (end - start_at) >> MIN_ORDER << MIN_ORDER;
    for (uint32_t order = 0; order < ORDERS; order++) {
        first[order] = NONE;
    }
    memset(is_free, 0, sizeof is_free);
    // The largest blocks that are at multiples of their size.
    for (uint32_t at = 0; at < size;) {
        uint32_t order = MAX_ORDER;
        while ((at & ((1u << order) - 1)) != 0 || size - at < (1u << order)) {
            order--;
        }
        push(at, order);
        at += 1u << order;
    }
}

// The order of a block for so many bytes.
static uint32_t order_of(uint32_t len, uint32_t align) {
    uint32_t order = MIN_ORDER;
    while (order <= MAX_ORDER && ((1u << order) < len || (1u << order) < align)) {
        order++;
    }
    return order;
}

static uint32_t allocate(uint32_t wanted) {
    uint32_t order = wanted;
    while (order <= MAX_ORDER && first[order] == NONE) {
        order++;
    }
    if (order > MAX_ORDER) {
        arena_trap("the arena is exhausted");
    }
    uint32_t block = first[order];
    take(block, order);
    while (order > wanted) {
        order--;
        push(block + (1u << order), order);
    }
    return block;
}

static void release(uint32_t block, uint32_t order) {
    while (order < MAX_ORDER) {
        uint32_t buddy = block ^ (1u << order);
        if (buddy >= size || is_free[buddy >> MIN_ORDER] != order) {
            break;
        }
        take(buddy, order);
        block &= ~(1u << order);
        order++;
    }
    push(block, order);
}

uint32_t arena_realloc(uint32_t old_ptr, uint32_t old_len, uint32_t align, uint32_t new_len) {
    if (align > ALIGNMENT) {
        arena_trap("the arena knows no such alignment");
    }
    uint32_t old_order = order_of(old_len, align);
    uint32_t new_order = order_of(new_len, align);
    if (old_len == 0) {
        return new_len == 0 ? align : start_at + allocate(new_order);
    }
    uint32_t old = old_ptr - start_at;
    if (new_len == 0) {
        release(old, old_order);
        return align;
    }
    // Smaller: what is left over is freed in halves.
    while (old_order > new_order) {
        old_order--;
        release(old + (1u << old_order), old_order);
    }
    if (old_order == new_order) {
        return old_ptr;
    }
    uint32_t new = allocate(new_order);
    memcpy(start + new, start + old, old_len);
    release(old, old_order);
    return start_at + new;
}

uint32_t arena_free(void) {
    uint32_t bytes = 0;
    for (uint32_t leaf = 0; leaf < size >> MIN_ORDER; leaf++) {
        bytes += is_free[leaf] == 0 ? 0 : 1u << is_free[leaf];
    }
    return bytes;
}

uint32_t arena_largest(void) {
    for (uint32_t order = MAX_ORDER; order >= MIN_ORDER; order--) {
        if (first[order] != NONE) {
            return 1u << order;
        }
    }
    return 0;
}
