// Results with and without payloads on either side.

#include "guest.h"
#include "provider.h"

#define TYPE(name) exports_meld_results_outcomes_##name##_t

bool exports_meld_results_outcomes_plain(TYPE(result_void_void) *x) {
    return !x->is_err;
}

bool exports_meld_results_outcomes_only_value(TYPE(result_u32_void) *x, uint32_t *ret) {
    if (!x->is_err) *ret = x->val.ok;
    return !x->is_err;
}

bool exports_meld_results_outcomes_only_error(TYPE(result_void_string) *x, provider_string_t *err) {
    if (x->is_err) *err = x->val.err;
    return !x->is_err;
}

// Moves whichever payload is there.
#define EITHER(name, type, ok_type, err_type)                                              \
    bool exports_meld_results_outcomes_##name(type *x, ok_type *ret, err_type *err) {      \
        if (x->is_err) *err = x->val.err;                                                  \
        else *ret = x->val.ok;                                                             \
        return !x->is_err;                                                                 \
    }

EITHER(strings, TYPE(result_string_string), provider_string_t, provider_string_t)
EITHER(wide, TYPE(result_f64_u8), double, uint8_t)
EITHER(narrow, TYPE(result_u8_u64), uint8_t, uint64_t)
EITHER(nested, TYPE(result_result_u32_failure_string), TYPE(result_u32_failure), provider_string_t)

bool exports_meld_results_outcomes_with_enum(float x, float *ret, TYPE(failure) *err) {
    if (x == 0) {
        *err = EXPORTS_MELD_RESULTS_OUTCOMES_FAILURE_DENIED;
        return false;
    }
    *ret = 1 / x;
    return true;
}

bool exports_meld_results_outcomes_with_record(float x, float *ret, TYPE(detail) *err) {
    if (x == 0) {
        err->code = 420;
        provider_string_dup(&err->text, "no reciprocal");
        return false;
    }
    *ret = 1 / x;
    return true;
}

bool exports_meld_results_outcomes_with_variant(float x, float *ret, TYPE(problem) *err) {
    if (x == 0) {
        err->tag = EXPORTS_MELD_RESULTS_OUTCOMES_PROBLEM_SIMPLE;
        err->val.simple = EXPORTS_MELD_RESULTS_OUTCOMES_FAILURE_ABSENT;
    } else if (x == 1) {
        err->tag = EXPORTS_MELD_RESULTS_OUTCOMES_PROBLEM_DETAILED;
        err->val.detailed.code = UINT32_MAX;
        provider_string_dup(&err->val.detailed.text, "too easy");
    } else if (x == 2) {
        err->tag = EXPORTS_MELD_RESULTS_OUTCOMES_PROBLEM_UNKNOWN;
    } else {
        *ret = 1 / x;
        return true;
    }
    return false;
}

void exports_meld_results_outcomes_collect(TYPE(list_result_u16_string) *xs, TYPE(list_result_u16_string) *ret) {
    *ret = *xs;
}
