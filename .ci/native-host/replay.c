// A host that does what a trace says, and checks that a translated module does what the trace says.
//
// In: `trace`, as meld-oracle/examples/native.rs writes it, and call_export, which `.ci/native` writes for each module. Out: an exit code, and why.

#include "replay.h"

#include <string.h>

enum { CALL = 1, RETURNED, TRAPPED, IMPORT, ANSWER, READ, WRITE, REFUSED, END };

struct record {
    uint8_t kind, count;
    uint16_t zero;
    uint32_t number;
};

static const uint8_t *next;
static uint32_t position;

static struct record peek(void) {
    struct record record;
    memcpy(&record, next, sizeof record);
    return record;
}

// Takes a record, and its values.
static struct record take(uint64_t *values) {
    struct record record = peek();
    next += sizeof record;
    memcpy(values, next, 8 * record.count);
    next += 8 * record.count;
    position++;
    return record;
}

static _Noreturn void wrong(const char *why) {
    replay_end(why, position);
}

// Numbers that are not a number are all alike: which of them an operation makes is not specified.
static int same(uint64_t a, uint64_t b, char type) {
    if (type == 'f') {
        return (uint32_t)a == (uint32_t)b || ((a & 0x7fffffff) > 0x7f800000 && (b & 0x7fffffff) > 0x7f800000);
    }
    if (type == 'd') {
        uint64_t most = 0x7ff0000000000000, all = 0x7fffffffffffffff;
        return a == b || ((a & all) > most && (b & all) > most);
    }
    return type == 'i' ? (uint32_t)a == (uint32_t)b : a == b;
}

// What the host does until it answers, or until a call that it makes is over.
static void host(void) {
    uint64_t values[32];
    for (;;) {
        struct record record = peek();
        if (record.kind == READ || record.kind == WRITE) {
            take(values);
            uint8_t *place = replay_memory((uint32_t)values[0], record.number);
            if (place == NULL) {
                wrong("an address that is not in the memory");
            }
            if (record.kind == WRITE) {
                memcpy(place, next, record.number);
            } else if (memcmp(place, next, record.number) != 0) {
                wrong("other bytes in the memory");
            }
            next += record.number;
        } else if (record.kind == CALL) {
            take(values);
            uint64_t results[1];
            call_export(record.number, values, results);
            const char *types = export_results[record.number];
            uint64_t expected[32];
            struct record returned = take(expected);
            if (returned.kind != RETURNED || returned.count != strlen(types)) {
                wrong("a call returns");
            }
            for (uint8_t i = 0; i < returned.count; i++) {
                if (!same(results[i], expected[i], types[i])) {
                    wrong("another result");
                }
            }
        } else {
            return;
        }
    }
}

void replay_import(uint32_t number, const uint64_t *params, const char *types, uint64_t *results) {
    uint64_t values[32];
    struct record record = take(values);
    if (record.kind != IMPORT || record.number != number || record.count != strlen(types)) {
        wrong("another call of the host");
    }
    for (uint8_t i = 0; i < record.count; i++) {
        if (!same(params[i], values[i], types[i])) {
            wrong("another argument for the host");
        }
    }
    host();
    record = take(values);
    if (record.kind == REFUSED) {
        replay_end(NULL, position);
    }
    if (record.kind != ANSWER) {
        wrong("the host does not answer here");
    }
    memcpy(results, values, 8 * record.count);
}

void replay_trapped(const char *why) {
    if (peek().kind == TRAPPED) {
        replay_end(NULL, position);
    }
    wrong(why);
}

void replay_begin(void) {
    next = trace;
}

void replay(void) {
    host();
    if (peek().kind != END) {
        wrong("the trace goes on");
    }
    replay_end(NULL, position);
}
