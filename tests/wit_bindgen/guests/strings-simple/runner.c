// One string in, one out, two to one.

#include "guest.h"
#include "runner.h"

static bool equal(runner_string_t *s, const char *expected) {
    return s->len == strlen(expected) && memcmp(s->ptr, expected, s->len) == 0;
}

static void round(void) {
    runner_string_t s, t, ret;
    runner_string_set(&s, "taken: ☕");
    meld_strings_simple_text_take(&s);

    meld_strings_simple_text_give(&ret);
    check(equal(&ret, "given: 🫖"));
    runner_string_free(&ret);

    runner_string_set(&s, "after");
    runner_string_set(&t, "before ");
    meld_strings_simple_text_both(&s, &t, &ret);
    check(equal(&ret, "before after"));
    runner_string_free(&ret);

    runner_string_set(&s, "");
    meld_strings_simple_text_both(&s, &s, &ret);
    check(ret.len == 0);
    runner_string_free(&ret);
}

void exports_runner_run(void) {
    round();
    uint32_t before = live_bytes();
    round();
    check(live_bytes() == before);
}
