// Lists of every element kind, flat and nested.

#include "guest.h"
#include "provider.h"

typedef exports_meld_lists_sequences_item_t item;

void exports_meld_lists_sequences_expect_empty(provider_list_u8_t *xs) {
    check(xs->len == 0);
    provider_list_u8_free(xs);
}

void exports_meld_lists_sequences_empty(provider_list_u8_t *ret) {
    ret->ptr = NULL;
    ret->len = 0;
}

void exports_meld_lists_sequences_expect_counting(provider_list_u32_t *xs) {
    for (size_t i = 0; i < xs->len; i++) check(xs->ptr[i] == i);
    provider_list_u32_free(xs);
}

void exports_meld_lists_sequences_counting(uint32_t n, provider_list_u32_t *ret) {
    ret->len = n;
    ret->ptr = n ? malloc(n * sizeof *ret->ptr) : NULL;
    for (uint32_t i = 0; i < n; i++) ret->ptr[i] = i;
}

// What came in goes out: the same allocation, freed after the return.
#define ECHO(name, type) \
    void exports_meld_lists_sequences_echo_##name(type *xs, type *ret) { *ret = *xs; }

ECHO(u8, provider_list_u8_t)
ECHO(s8, provider_list_s8_t)
ECHO(u16, provider_list_u16_t)
ECHO(s32, provider_list_s32_t)
ECHO(u64, provider_list_u64_t)
ECHO(f32, provider_list_f32_t)
ECHO(f64, provider_list_f64_t)
ECHO(bool, provider_list_bool_t)
ECHO(char, provider_list_char32_t)
ECHO(strings, provider_list_string_t)
ECHO(nested, provider_list_list_string_t)
ECHO(pairs, provider_list_tuple3_u8_u32_u8_t)

void exports_meld_lists_sequences_reverse_items(exports_meld_lists_sequences_list_item_t *xs,
                                                exports_meld_lists_sequences_list_item_t *ret) {
    for (size_t i = 0; i < xs->len / 2; i++) {
        item x = xs->ptr[i];
        xs->ptr[i] = xs->ptr[xs->len - 1 - i];
        xs->ptr[xs->len - 1 - i] = x;
    }
    *ret = *xs;
}

uint64_t exports_meld_lists_sequences_sum(provider_list_u64_t *xs) {
    uint64_t sum = 0;
    for (size_t i = 0; i < xs->len; i++) sum += xs->ptr[i];
    provider_list_u64_free(xs);
    return sum;
}

void exports_meld_lists_sequences_concatenate(provider_list_u8_t *a, provider_list_u8_t *b, provider_list_u8_t *ret) {
    ret->len = a->len + b->len;
    ret->ptr = ret->len ? malloc(ret->len) : NULL;
    if (a->len) memcpy(ret->ptr, a->ptr, a->len);
    if (b->len) memcpy(ret->ptr + a->len, b->ptr, b->len);
    provider_list_u8_free(a);
    provider_list_u8_free(b);
}

uint32_t exports_meld_lists_sequences_live_bytes(void) {
    return live_bytes();
}
