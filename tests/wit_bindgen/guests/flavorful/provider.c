// A bit of everything, through aliases and types used from elsewhere.

#include "guest.h"
#include "provider.h"

#define TYPE(name) exports_meld_flavorful_flavors_##name##_t

typedef provider_string_t string;

static bool equal(const string *s, const char *expected) {
    return s->len == strlen(expected) && memcmp(s->ptr, expected, s->len) == 0;
}

void exports_meld_flavorful_flavors_in_record(TYPE(named) *x) {
    check(equal(&x->a, "Vanille"));
    exports_meld_flavorful_flavors_named_free(x);
}

void exports_meld_flavorful_flavors_out_record(TYPE(named) *ret) {
    provider_string_dup(&ret->a, "fraise");
}

void exports_meld_flavorful_flavors_inout_record(TYPE(named) *x, TYPE(named) *ret) {
    ret->a.ptr = realloc(x->a.len ? x->a.ptr : NULL, x->a.len + 1);
    ret->a.len = x->a.len + 1;
    ret->a.ptr[x->a.len] = '!';
}

void exports_meld_flavorful_flavors_in_variants(TYPE(named) *maybe_a, TYPE(result_named_list_errno) *b,
                                                TYPE(choice) *c) {
    check(maybe_a && equal(&maybe_a->a, "a"));
    check(!b->is_err && b->val.ok.len == 2);
    check(equal(&b->val.ok.ptr[0].a, "b1") && b->val.ok.ptr[1].a.len == 0);
    check(c->tag == EXPORTS_MELD_FLAVORFUL_FLAVORS_CHOICE_SECOND);
    check(equal(&c->val.second.f0, "c1") && equal(&c->val.second.f1, "c2"));
    exports_meld_flavorful_flavors_named_free(maybe_a);
    exports_meld_flavorful_flavors_result_named_list_errno_free(b);
    exports_meld_flavorful_flavors_choice_free(c);
}

void exports_meld_flavorful_flavors_out_variants(TYPE(tuple3_option_named_result_named_list_errno_choice) *ret) {
    ret->f0.is_some = false;
    ret->f1.is_err = true;
    ret->f1.val.err = MELD_FLAVORFUL_ERRORS_ERRNO_LATE;
    ret->f2.tag = EXPORTS_MELD_FLAVORFUL_FLAVORS_CHOICE_FIRST;
    provider_string_dup(&ret->f2.val.first, "prime");
}

#define REVERSE(type, list)                                        \
    for (size_t i = 0; i < (list)->len / 2; i++) {                 \
        type x = (list)->ptr[i];                                   \
        (list)->ptr[i] = (list)->ptr[(list)->len - 1 - i];         \
        (list)->ptr[(list)->len - 1 - i] = x;                      \
    }

void exports_meld_flavorful_flavors_lists_of_variants(
    provider_list_bool_t *a, TYPE(list_result_void_errno) *b, TYPE(list_choice) *c,
    TYPE(tuple3_list_bool_list_result_void_errno_list_choice) *ret) {
    REVERSE(bool, a)
    REVERSE(TYPE(result_void_errno), b)
    REVERSE(TYPE(choice), c)
    ret->f0 = *a;
    ret->f1 = *b;
    ret->f2 = *c;
}

void exports_meld_flavorful_flavors_stir(TYPE(mixture) *m, uint8_t times, TYPE(mixture) *ret) {
    for (; times; times--) {
        // The head goes to the end of the list, and the first of the list becomes the head.
        TYPE(tuple2_string_option_choice) *rest = m->rest.ptr, first = rest[0];
        memmove(rest, rest + 1, (m->rest.len - 1) * sizeof *rest);
        TYPE(tuple2_string_option_choice) last = {m->head, {true, {EXPORTS_MELD_FLAVORFUL_FLAVORS_CHOICE_NONE}}};
        rest[m->rest.len - 1] = last;
        m->head = first.f0;
        exports_meld_flavorful_flavors_option_choice_free(&first.f1);
    }
    bool failed = m->tail.is_err;
    exports_meld_flavorful_flavors_result_string_errno_free(&m->tail);
    m->tail.is_err = !failed;
    if (failed) provider_string_dup(&m->tail.val.ok, "clean");
    else m->tail.val.err = MELD_FLAVORFUL_ERRORS_ERRNO_TOO_BIG;
    *ret = *m;
}

bool exports_meld_flavorful_flavors_fails(TYPE(errno) x, TYPE(maybe_list) *ret, TYPE(errno) *err) {
    switch (x) {
    case MELD_FLAVORFUL_ERRORS_ERRNO_TOO_BIG:
        ret->is_some = false;
        return true;
    case MELD_FLAVORFUL_ERRORS_ERRNO_BAD_NAME:
        ret->is_some = true;
        ret->val.len = 3;
        ret->val.ptr = malloc(3);
        for (int i = 0; i < 3; i++) ret->val.ptr[i] = i + 1;
        return true;
    default:
        *err = MELD_FLAVORFUL_ERRORS_ERRNO_BAD_NAME;
        return false;
    }
}
