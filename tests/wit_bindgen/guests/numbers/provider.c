// Every scalar of the component model, echoed, and a little state.

#include "guest.h"
#include "provider.h"

#define ECHO(name, type) \
    type exports_meld_numbers_arithmetic_echo_##name(type x) { return x; }

ECHO(u8, uint8_t)
ECHO(s8, int8_t)
ECHO(u16, uint16_t)
ECHO(s16, int16_t)
ECHO(u32, uint32_t)
ECHO(s32, int32_t)
ECHO(u64, uint64_t)
ECHO(s64, int64_t)
ECHO(f32, float)
ECHO(f64, double)
ECHO(char, uint32_t)
ECHO(bool, bool)

static uint32_t scalar;

uint8_t exports_meld_numbers_arithmetic_wrapping_increment_u8(uint8_t x) {
    return x + 1;
}

int16_t exports_meld_numbers_arithmetic_negate_s16(int16_t x) {
    return -x;
}

uint32_t exports_meld_numbers_arithmetic_high_half(uint64_t x) {
    return x >> 32;
}

double exports_meld_numbers_arithmetic_mean(double x, double y) {
    return x / 2 + y / 2;
}

void exports_meld_numbers_arithmetic_set_scalar(uint32_t x) {
    scalar = x;
}

uint32_t exports_meld_numbers_arithmetic_get_scalar(void) {
    return scalar;
}
