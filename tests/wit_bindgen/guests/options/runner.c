// Absent, present, and present but absent inside.

#include "guest.h"
#include "runner.h"

typedef runner_string_t string;

static string text(const char *s) {
    string ret;
    runner_string_set(&ret, s);
    return ret;
}

static bool equal(const string *s, const char *expected) {
    return s->len == strlen(expected) && memcmp(s->ptr, expected, s->len) == 0;
}

static void strings(void) {
    string s = text("something"), ret;
    meld_options_maybe_expect_none(NULL);
    meld_options_maybe_expect_some(&s);
    check(!meld_options_maybe_none(&ret));
    check(meld_options_maybe_some(&ret) && equal(&ret, "anything"));
    runner_string_free(&ret);

    check(!meld_options_maybe_echo_string(NULL, &ret));
    s = text("");
    check(meld_options_maybe_echo_string(&s, &ret) && ret.len == 0);
    runner_string_free(&ret);
    s = text("Ω");
    check(meld_options_maybe_echo_string(&s, &ret) && equal(&ret, "Ω"));
    runner_string_free(&ret);

    runner_tuple2_u8_string_t pair = {9, text("neun")}, pair_back;
    check(!meld_options_maybe_echo_tuple(NULL, &pair_back));
    check(meld_options_maybe_echo_tuple(&pair, &pair_back) && pair_back.f0 == 9 && equal(&pair_back.f1, "neun"));
    runner_tuple2_u8_string_free(&pair_back);

    string both[] = {text("α"), text("β")};
    runner_list_string_t list = {both, 2};
    check(meld_options_maybe_first(&list, &ret) && equal(&ret, "α"));
    runner_string_free(&ret);
    list.len = 0;
    check(!meld_options_maybe_first(&list, &ret));
}

static void numbers(void) {
    uint8_t byte = UINT8_MAX, byte_back = 0;
    check(!meld_options_maybe_echo_u8(NULL, &byte_back));
    check(meld_options_maybe_echo_u8(&byte, &byte_back) && byte_back == UINT8_MAX);
    double real = -2.5e-10, real_back;
    check(!meld_options_maybe_echo_f64(NULL, &real_back));
    check(meld_options_maybe_echo_f64(&real, &real_back) && real_back == -2.5e-10);

    runner_option_u32_t inner = {true, UINT32_MAX}, inner_back;
    check(!meld_options_maybe_echo_nested(NULL, &inner_back));
    check(meld_options_maybe_echo_nested(&inner, &inner_back) && inner_back.is_some && inner_back.val == UINT32_MAX);
    inner.is_some = false;
    check(meld_options_maybe_echo_nested(&inner, &inner_back) && !inner_back.is_some);

    runner_option_s16_t values[] = {{true, INT16_MIN}, {false, 0}, {true, 0}, {false, 0}, {false, 0}, {true, INT16_MAX}};
    runner_list_option_s16_t list = {values, 6}, back;
    meld_options_maybe_echo_list(&list, &back);
    check(back.len == 6);
    for (int i = 0; i < 6; i++) {
        check(back.ptr[i].is_some == values[i].is_some);
        check(!values[i].is_some || back.ptr[i].val == values[i].val);
    }
    runner_list_option_s16_free(&back);
}

static void settings(void) {
    for (int which = 0; which < 12; which++) {
        meld_options_maybe_settings_t sent = {
            .title = {which % 2, text("t")},
            .depth = {which / 2 % 3 > 0, {which / 2 % 3 > 1, 3}},
            .limit = {which / 6, UINT64_MAX},
        }, back;
        meld_options_maybe_echo_settings(&sent, &back);
        check(back.title.is_some == sent.title.is_some);
        check(!sent.title.is_some || equal(&back.title.val, "t"));
        check(back.depth.is_some == sent.depth.is_some);
        if (sent.depth.is_some) {
            check(back.depth.val.is_some == sent.depth.val.is_some);
            check(!sent.depth.val.is_some || back.depth.val.val == 3);
        }
        check(back.limit.is_some == sent.limit.is_some);
        check(!sent.limit.is_some || back.limit.val == UINT64_MAX);
        meld_options_maybe_settings_free(&back);
    }
}

void exports_runner_run(void) {
    for (int round = 0; round < 2; round++) {
        uint32_t before = live_bytes();
        strings();
        numbers();
        settings();
        check(live_bytes() == before);
    }
}
