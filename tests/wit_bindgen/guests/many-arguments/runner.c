// Each parameter has a value of its own, so that a swapped pair shows.

#include "guest.h"
#include "runner.h"

typedef runner_string_t string;
typedef meld_many_arguments_wide_calls_block_t block;

static bool equal(const string *s, const char *expected) {
    return s->len == strlen(expected) && memcmp(s->ptr, expected, s->len) == 0;
}

static block numbered(int n) {
    block b = {UINT64_MAX - n, n + 0.5f, {NULL, 0}, n, -n};
    runner_string_set(&b.c, &"bbbb"[4 - n]);
    return b;
}

void exports_runner_run(void) {
    check(meld_many_arguments_wide_calls_sixteen(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) ==
          0x0123456789abcdef);
    check(meld_many_arguments_wide_calls_sixteen(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0) ==
          0xfedcba9876543210);

    string ret;
    meld_many_arguments_wide_calls_seventeen(1, UINT64_MAX, 3, 4.25, UINT32_MAX - 5, -6.5f, INT8_MIN, INT64_MIN, true,
                                             0x1f0aa, INT16_MIN, 12ull << 50, 13, -14, 15, 16, 17, &ret);
    check(equal(&ret, "seventeen"));
    runner_string_free(&ret);

    const char *texts[] = {"ein", "Ω", "", "4", "5", "six", "7", "8", "neun"};
    string s[9];
    for (int i = 0; i < 9; i++) runner_string_set(&s[i], texts[i]);
    meld_many_arguments_wide_calls_strings(&s[0], &s[1], &s[2], &s[3], &s[4], &s[5], &s[6], &s[7], &ret);
    check(equal(&ret, "ein Ω  4 5 six 7 8"));
    runner_string_free(&ret);
    meld_many_arguments_wide_calls_more_strings(&s[0], &s[1], &s[2], &s[3], &s[4], &s[5], &s[6], &s[7], &s[8], &ret);
    check(equal(&ret, "ein Ω  4 5 six 7 8 neun"));
    runner_string_free(&ret);

    block a = numbered(1), b = numbered(2), c = numbered(3), d = numbered(4);
    meld_many_arguments_wide_calls_list_block_t back;
    meld_many_arguments_wide_calls_blocks(&a, &b, &c, &d, &back);
    check(back.len == 4);
    for (int i = 0; i < 4; i++) {
        block got = back.ptr[i], sent = numbered(4 - i);
        check(got.a == sent.a && got.b == sent.b && got.d == sent.d && got.e == sent.e);
        check(got.c.len == (size_t)(4 - i) && memcmp(got.c.ptr, sent.c.ptr, got.c.len) == 0);
    }
    meld_many_arguments_wide_calls_list_block_free(&back);
    check(live_bytes() == 0);
}
