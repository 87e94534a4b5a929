// The arena against its contract and against a model, on the machine that builds.

#include "arena.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE 1000u
#define END (BASE + 60000u)

static uint8_t memory[END + 1000] __attribute__((aligned(64)));
static jmp_buf trapped;
static bool expecting;

void arena_trap(const char *why) {
    if (!expecting) {
        fprintf(stderr, "unexpected trap: %s\n", why);
        exit(1);
    }
    longjmp(trapped, 1);
}

#define check(condition) \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), exit(1)))

// Calls the arena; 0 if it traps.
static uint32_t call(uint32_t old_ptr, uint32_t old_len, uint32_t align, uint32_t new_len) {
    expecting = true;
    uint32_t result = setjmp(trapped) == 0 ? arena_realloc(old_ptr, old_len, align, new_len) : 0;
    expecting = false;
    return result;
}

static void contract(void) {
    // What is asked for, in a fresh arena of 60000 bytes, and whether there is an answer.
    static const struct { uint32_t align, len; bool fits; } cases[] = {
        {1, 1, true},      {1, 15, true},      {4, 16, true},      {8, 17, true},     {16, 24, true},
        {64, 1, true},     {8, 4096, true},    {8, 20000, true},   {1, 32768, true},  {8, 32769, false},
        {8, 70000, false}, {8, 1u << 31, false}, {8, UINT32_MAX, false}, {128, 1, false}, {1u << 31, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        arena_init(memory, BASE, END);
        uint32_t whole = arena_free();
        uint32_t at = call(0, 0, cases[i].align, cases[i].len);
        check((at != 0) == cases[i].fits);
        if (at == 0) {
            check(arena_free() == whole);
            continue;
        }
        check(at % cases[i].align == 0 && at >= BASE && at + cases[i].len <= END);
        call(at, cases[i].len, cases[i].align, 0);
        check(arena_free() == whole);
    }
    // Nothing at all.
    for (uint32_t align = 1; align <= 64; align *= 2) {
        check(call(0, 0, align, 0) == align && call(12345, 0, align, 0) == align);
    }
    // A refused resize leaves the block and its contents.
    arena_init(memory, BASE, END);
    uint32_t at = call(0, 0, 8, 1000);
    memset(memory + at, 0x5a, 1000);
    check(call(at, 1000, 8, 60000) == 0);
    for (uint32_t i = 0; i < 1000; i++) {
        check(memory[at + i] == 0x5a);
    }
    // Smaller is in place, and what is left over is free.
    uint32_t before = arena_free();
    check(call(at, 1000, 8, 100) == at && arena_free() == before + 1024 - 128);
}

struct block {
    uint32_t at, len, align;
    uint8_t seed;
};

static uint32_t random_below(uint32_t limit) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % limit;
}

static void fill(const struct block *block) {
    for (uint32_t i = 0; i < block->len; i++) {
        memory[block->at + i] = (uint8_t)(block->seed + i % 251);
    }
}

static void holds(const struct block *block, uint32_t len) {
    for (uint32_t i = 0; i < len; i++) {
        check(memory[block->at + i] == (uint8_t)(block->seed + i % 251));
    }
}

static void model(void) {
    enum { MOST = 400 };
    static struct block live[MOST];
    uint32_t count = 0, full = 0, resized = 0;
    arena_init(memory, BASE, END);
    uint32_t whole = arena_free(), largest = arena_largest();
    memset(memory, 0xee, BASE);
    memset(memory + END, 0xee, sizeof memory - END);

    for (uint32_t step = 0; step < 200000; step++) {
        uint32_t more = step / 2000 % 2 == 0 ? 6 : 3;
        uint32_t choice = random_below(10);
        if (choice < more && count < MOST) {
            struct block new = {0, 1 + random_below(random_below(8) == 0 ? 4000 : 100), 1u << random_below(7), 0};
            new.seed = (uint8_t)random_below(256);
            new.at = call(0, 0, new.align, new.len);
            if (new.at == 0) {
                full++;
                continue;
            }
            check(new.at % new.align == 0 && new.at >= BASE && new.at + new.len <= END);
            for (uint32_t i = 0; i < count; i++) {
                check(new.at + new.len <= live[i].at || live[i].at + live[i].len <= new.at);
            }
            fill(&new);
            live[count++] = new;
        } else if (count > 0) {
            uint32_t index = random_below(count);
            struct block *old = &live[index];
            holds(old, old->len);
            if (choice == 9) {
                uint32_t len = 1 + random_below(2 * old->len);
                uint32_t at = call(old->at, old->len, old->align, len);
                if (at == 0) {
                    full++;
                    holds(old, old->len);
                    continue;
                }
                uint32_t kept = len < old->len ? len : old->len;
                old->at = at;
                old->len = len;
                check(at % old->align == 0);
                holds(old, kept);
                fill(old);
                resized++;
            } else {
                call(old->at, old->len, old->align, 0);
                *old = live[--count];
            }
        }
    }
    while (count > 0) {
        count--;
        holds(&live[count], live[count].len);
        call(live[count].at, live[count].len, live[count].align, 0);
    }
    check(arena_free() == whole && arena_largest() == largest);
    check(full > 100 && resized > 1000);
    for (uint32_t i = 0; i < BASE; i++) {
        check(memory[i] == 0xee);
    }
    for (uint32_t i = END; i < sizeof memory; i++) {
        check(memory[i] == 0xee);
    }
}

int main(void) {
    contract();
    model();
    return 0;
}
