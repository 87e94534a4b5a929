// Answers at once: every function returns before it exits, and no callback is ever called.

#include "guest.h"
#include "provider.h"

#define NEVER_CALLED(name)                                                                        \
    provider_callback_code_t exports_meld_immediate_arithmetic_##name##_callback(provider_event_t *event) { \
        (void)event;                                                                              \
        __builtin_trap();                                                                         \
    }

NEVER_CALLED(add)
NEVER_CALLED(count)
NEVER_CALLED(nothing)
NEVER_CALLED(sum)
NEVER_CALLED(greet)

provider_callback_code_t exports_meld_immediate_arithmetic_add(uint32_t a, uint32_t b) {
    exports_meld_immediate_arithmetic_add_return(a + b);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_immediate_arithmetic_count(void) {
    static uint32_t calls;
    exports_meld_immediate_arithmetic_count_return(++calls);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_immediate_arithmetic_nothing(void) {
    exports_meld_immediate_arithmetic_nothing_return();
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_immediate_arithmetic_sum(uint8_t a, int16_t b, uint32_t c, int64_t d, double e) {
    exports_meld_immediate_arithmetic_sum_return((double)a + b + c + (double)d + e);
    return PROVIDER_CALLBACK_CODE_EXIT;
}

provider_callback_code_t exports_meld_immediate_arithmetic_greet(provider_string_t *name) {
    static const char hello[] = "hello, ";
    provider_string_t greeting;
    greeting.len = sizeof hello - 1 + name->len;
    greeting.ptr = malloc(greeting.len);
    memcpy(greeting.ptr, hello, sizeof hello - 1);
    if (name->len) memcpy(greeting.ptr + sizeof hello - 1, name->ptr, name->len);
    provider_string_free(name);
    exports_meld_immediate_arithmetic_greet_return(greeting);
    // The caller has its copy.
    provider_string_free(&greeting);
    check(live_bytes() == 0);
    return PROVIDER_CALLBACK_CODE_EXIT;
}
