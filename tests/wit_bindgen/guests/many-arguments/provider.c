// Calls with as many parameters as fit, and with more.

#include "guest.h"
#include "provider.h"

typedef provider_string_t string;
typedef exports_meld_many_arguments_wide_calls_block_t block;

uint64_t exports_meld_many_arguments_wide_calls_sixteen(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                                                        uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8,
                                                        uint64_t a9, uint64_t a10, uint64_t a11, uint64_t a12,
                                                        uint64_t a13, uint64_t a14, uint64_t a15, uint64_t a16) {
    // Positional digits: any two parameters swapped change the value.
    const uint64_t all[] = {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16};
    uint64_t number = 0;
    for (int i = 0; i < 16; i++) number = number << 4 | all[i];
    return number;
}

void exports_meld_many_arguments_wide_calls_seventeen(uint8_t a1, uint64_t a2, uint16_t a3, double a4, uint32_t a5,
                                                      float a6, int8_t a7, int64_t a8, bool a9, uint32_t a10,
                                                      int16_t a11, uint64_t a12, uint8_t a13, int32_t a14, uint8_t a15,
                                                      uint64_t a16, uint8_t a17, string *ret) {
    check(a1 == 1 && a2 == UINT64_MAX && a3 == 3 && a4 == 4.25 && a5 == UINT32_MAX - 5 && a6 == -6.5);
    check(a7 == INT8_MIN && a8 == INT64_MIN && a9 && a10 == 0x1f0aa && a11 == INT16_MIN && a12 == 12ull << 50);
    check(a13 == 13 && a14 == -14 && a15 == 15 && a16 == 16 && a17 == 17);
    provider_string_dup(ret, "seventeen");
}

static void join(string **parts, int count, string *ret) {
    size_t length = count - 1;
    for (int i = 0; i < count; i++) length += parts[i]->len;
    ret->ptr = malloc(length);
    ret->len = 0;
    for (int i = 0; i < count; i++) {
        if (i) ret->ptr[ret->len++] = ' ';
        memcpy(ret->ptr + ret->len, parts[i]->ptr, parts[i]->len);
        ret->len += parts[i]->len;
        provider_string_free(parts[i]);
    }
}

void exports_meld_many_arguments_wide_calls_strings(string *a, string *b, string *c, string *d, string *e, string *f,
                                                    string *g, string *h, string *ret) {
    join((string *[]){a, b, c, d, e, f, g, h}, 8, ret);
}

void exports_meld_many_arguments_wide_calls_more_strings(string *a, string *b, string *c, string *d, string *e,
                                                         string *f, string *g, string *h, string *i, string *ret) {
    join((string *[]){a, b, c, d, e, f, g, h, i}, 9, ret);
}

void exports_meld_many_arguments_wide_calls_blocks(block *a, block *b, block *c, block *d,
                                                   exports_meld_many_arguments_wide_calls_list_block_t *ret) {
    ret->len = 4;
    ret->ptr = malloc(4 * sizeof(block));
    ret->ptr[0] = *d;
    ret->ptr[1] = *c;
    ret->ptr[2] = *b;
    ret->ptr[3] = *a;
}
