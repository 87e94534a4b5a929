// Records, tuples and flags, taken apart and put together again.

#include "guest.h"
#include "provider.h"

void exports_meld_records_shapes_swap(provider_tuple2_u8_u16_t *pair, provider_tuple2_u16_u8_t *ret) {
    ret->f0 = pair->f1;
    ret->f1 = pair->f0;
}

void exports_meld_records_shapes_pair_of_strings(provider_tuple2_string_string_t *pair,
                                                 provider_tuple2_string_string_t *ret) {
    ret->f0 = pair->f1;
    ret->f1 = pair->f0;
}

void exports_meld_records_shapes_mirror(exports_meld_records_shapes_point_t *p,
                                        exports_meld_records_shapes_point_t *ret) {
    ret->x = p->y;
    ret->y = p->x;
}

void exports_meld_records_shapes_echo_single(exports_meld_records_shapes_empty_like_t *s,
                                             exports_meld_records_shapes_empty_like_t *ret) {
    *ret = *s;
}

void exports_meld_records_shapes_echo_padded(exports_meld_records_shapes_padded_t *p,
                                             exports_meld_records_shapes_padded_t *ret) {
    *ret = *p;
}

void exports_meld_records_shapes_birthday(exports_meld_records_shapes_person_t *p,
                                          exports_meld_records_shapes_person_t *ret) {
    *ret = *p;
    ret->age++;
    char tag[] = "turned 00";
    tag[7] += ret->age / 10;
    tag[8] += ret->age % 10;
    ret->tags.ptr = realloc(p->tags.len ? p->tags.ptr : NULL, (p->tags.len + 1) * sizeof *ret->tags.ptr);
    provider_string_dup(&ret->tags.ptr[ret->tags.len++], tag);
}

exports_meld_records_shapes_permission_t
exports_meld_records_shapes_invert(exports_meld_records_shapes_permission_t p) {
    return ~p & (EXPORTS_MELD_RECORDS_SHAPES_PERMISSION_READ | EXPORTS_MELD_RECORDS_SHAPES_PERMISSION_WRITE |
                 EXPORTS_MELD_RECORDS_SHAPES_PERMISSION_EXECUTE);
}

exports_meld_records_shapes_wide_t exports_meld_records_shapes_union_wide(exports_meld_records_shapes_wide_t a,
                                                                          exports_meld_records_shapes_wide_t b) {
    return a | b;
}

void exports_meld_records_shapes_nest(exports_meld_records_shapes_tuple2_point_tuple2_u8_tuple1_s64_t *t,
                                      exports_meld_records_shapes_tuple2_tuple2_tuple1_s64_u8_point_t *ret) {
    ret->f0.f0 = t->f1.f1;
    ret->f0.f1 = t->f1.f0;
    ret->f1 = t->f0;
}

void exports_meld_records_shapes_sum_and_product(uint32_t a, uint32_t b, provider_tuple2_u64_u64_t *ret) {
    ret->f0 = (uint64_t)a + b;
    ret->f1 = (uint64_t)a * b;
}
