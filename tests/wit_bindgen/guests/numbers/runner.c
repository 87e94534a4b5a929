// Calls every scalar function with the values at the ends of its range.

#include <float.h>
#include <math.h>

#include "guest.h"
#include "runner.h"

// Bits, not values: a boundary may not touch the sign of a zero.
#define EACH(type, name, ...)                                             \
    do {                                                                  \
        const type values[] = {__VA_ARGS__};                              \
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {     \
            type back = meld_numbers_arithmetic_echo_##name(values[i]);   \
            check(memcmp(&back, &values[i], sizeof back) == 0);           \
        }                                                                 \
    } while (0)

void exports_runner_run(void) {
    EACH(uint8_t, u8, 0, 1, 127, 128, UINT8_MAX);
    EACH(int8_t, s8, INT8_MIN, -1, 0, 1, INT8_MAX);
    EACH(uint16_t, u16, 0, 255, 256, 32768, UINT16_MAX);
    EACH(int16_t, s16, INT16_MIN, -1, 0, 1, INT16_MAX);
    EACH(uint32_t, u32, 0, 1, 1u << 31, UINT32_MAX);
    EACH(int32_t, s32, INT32_MIN, -1, 0, 1, INT32_MAX);
    EACH(uint64_t, u64, 0, 1, 1ull << 32, 1ull << 63, UINT64_MAX);
    EACH(int64_t, s64, INT64_MIN, -1, 0, 1, INT64_MAX);
    EACH(float, f32, 0.0f, -0.0f, 1.5f, FLT_MIN, FLT_MAX, INFINITY, -INFINITY, 1.0e-45f);
    EACH(double, f64, 0.0, -0.0, 1.5, DBL_MIN, DBL_MAX, INFINITY, -INFINITY, 4.9e-324);
    EACH(uint32_t, char, 0, 'a', 0xe9, 0x6f22, 0xd7ff, 0xe000, 0x1f980, 0x10ffff);
    EACH(bool, bool, true, false);
    check(isnan(meld_numbers_arithmetic_echo_f32(NAN)));
    check(isnan(meld_numbers_arithmetic_echo_f64(NAN)));

    check(meld_numbers_arithmetic_wrapping_increment_u8(254) == 255);
    check(meld_numbers_arithmetic_wrapping_increment_u8(255) == 0);
    check(meld_numbers_arithmetic_negate_s16(12345) == -12345);
    check(meld_numbers_arithmetic_negate_s16(INT16_MIN) == INT16_MIN);
    check(meld_numbers_arithmetic_high_half(0x0123456789abcdef) == 0x01234567);
    check(meld_numbers_arithmetic_mean(1, 4) == 2.5);

    check(meld_numbers_arithmetic_get_scalar() == 0);
    const uint32_t scalars[] = {2, 4, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        meld_numbers_arithmetic_set_scalar(scalars[i]);
        check(meld_numbers_arithmetic_get_scalar() == scalars[i]);
    }
}
