// Variants whose payloads share their flat places, and enums.

#include "guest.h"
#include "provider.h"

typedef exports_meld_variants_cases_number_t number;
typedef exports_meld_variants_cases_shape_t shape;
typedef exports_meld_variants_cases_named_t named;

#define NUMBER(name) EXPORTS_MELD_VARIANTS_CASES_NUMBER_##name
#define SHAPE(name) EXPORTS_MELD_VARIANTS_CASES_SHAPE_##name

exports_meld_variants_cases_suit_t exports_meld_variants_cases_next(exports_meld_variants_cases_suit_t s) {
    return (s + 1) % 4;
}

void exports_meld_variants_cases_echo_number(number *n, number *ret) {
    *ret = *n;
}

void exports_meld_variants_cases_rotate(number *n, number *ret) {
    ret->tag = (n->tag + 1) % 8;
    switch (n->tag) {
    case NUMBER(NOTHING): ret->val.byte = 0xff; break;
    case NUMBER(BYTE): ret->val.word = (uint32_t)n->val.byte << 24; break;
    case NUMBER(WORD): ret->val.long_ = -(int64_t)n->val.word; break;
    case NUMBER(LONG): ret->val.single = n->val.long_; break;
    case NUMBER(SINGLE): ret->val.double_ = n->val.single; break;
    case NUMBER(DOUBLE): ret->val.letter = n->val.double_ < 0 ? 0x2212 : 0xff0b; break;
    case NUMBER(LETTER): ret->val.truth = n->val.letter == 0x2212; break;
    case NUMBER(TRUTH): break;
    default: check(false);
    }
}

void exports_meld_variants_cases_echo_shape(shape *s, shape *ret) {
    *ret = *s;
}

void exports_meld_variants_cases_echo_named(named *n, named *ret) {
    *ret = *n;
}

void exports_meld_variants_cases_echo_all(exports_meld_variants_cases_list_number_t *xs,
                                          exports_meld_variants_cases_list_number_t *ret) {
    *ret = *xs;
}

static void name(shape *s, provider_string_t *ret) {
    switch (s->tag) {
    case SHAPE(CIRCLE): {
        // Radii here have one digit before the point and one after it.
        char text[] = "circle 0.0";
        int tenths = s->val.circle * 10;
        text[7] += tenths / 10;
        text[9] += tenths % 10;
        provider_string_dup(ret, text);
        break;
    }
    case SHAPE(POLYGON): {
        char text[] = "polygon 0";
        text[8] += s->val.polygon.len;
        provider_string_dup(ret, text);
        break;
    }
    case SHAPE(LABEL):
        provider_string_dup_n(ret, (const char *)s->val.label.ptr, s->val.label.len);
        break;
    case SHAPE(GROUP):
        ret->ptr = NULL;
        ret->len = 0;
        for (size_t i = 0; i < s->val.group.len; i++) {
            provider_string_t *member = &s->val.group.ptr[i].name;
            ret->ptr = realloc(ret->ptr, ret->len + 1 + member->len);
            if (i) ret->ptr[ret->len++] = '+';
            memcpy(ret->ptr + ret->len, member->ptr, member->len);
            ret->len += member->len;
        }
        break;
    case SHAPE(DOT):
        provider_string_dup(ret, "dot");
        break;
    default:
        check(false);
    }
}

void exports_meld_variants_cases_names(exports_meld_variants_cases_list_shape_t *xs, provider_list_string_t *ret) {
    ret->len = xs->len;
    ret->ptr = calloc(xs->len, sizeof *ret->ptr);
    for (size_t i = 0; i < xs->len; i++) name(&xs->ptr[i], &ret->ptr[i]);
    exports_meld_variants_cases_list_shape_free(xs);
}
