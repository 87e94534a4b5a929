// Keeps its stack pointer in a global, beside a guest that has it in `context`.

#include "guest.h"
#include "runner.h"

static void shout(const char *text, const char *answer) {
    runner_string_t given, got;
    runner_string_set(&given, text);
    meld_text_text_shout(&given, &got);
    check(got.len == strlen(answer) && memcmp(got.ptr, answer, got.len) == 0);
    runner_string_free(&got);
}

void exports_runner_run(void) {
    uint32_t before = live_bytes();
    for (int round = 0; round < 3; round++) {
        shout("hello", "HELLO");
        uint32_t numbers[] = {9, 2, 7, 4};
        runner_list_u32_t given = {numbers, 4}, got;
        meld_text_text_sorted(&given, &got);
        check(got.len == 4 && got.ptr[0] == 2 && got.ptr[1] == 4 && got.ptr[2] == 7 && got.ptr[3] == 9);
        runner_list_u32_free(&got);
        check(meld_text_text_deep(20) == 210);

        meld_text_tallies_own_tally_t tally = meld_text_tallies_constructor_tally(40);
        check(meld_text_tallies_method_tally_add(meld_text_tallies_borrow_tally(tally), 2) == 42);
        check(meld_text_tallies_count() == 1);
        meld_text_tallies_tally_drop_own(tally);
        check(meld_text_tallies_count() == 0);

        runner_tuple2_u32_u32_t stacks;
        meld_text_text_stacks(&stacks);
        check(stacks.f0 == 1 && stacks.f1 == 0);
    }
    check(live_bytes() == before);
}
