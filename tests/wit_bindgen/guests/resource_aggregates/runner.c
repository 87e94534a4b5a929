// Every handle arrives once, and is dropped once.

#include "guest.h"
#include "runner.h"

#define FN(name) meld_resource_aggregates_holders_##name
#define TYPE(name) meld_resource_aggregates_holders_##name##_t
#define CHOICE(name) MELD_RESOURCE_AGGREGATES_HOLDERS_CHOICE_##name

typedef TYPE(own_thing) own;

static own thing(uint32_t n) {
    return FN(constructor_thing)(n);
}

static uint32_t value(own t) {
    return FN(method_thing_value)(FN(borrow_thing)(t));
}

static TYPE(list_own_thing) things(uint32_t n) {
    TYPE(list_own_thing) list = {malloc(n * sizeof(own)), n};
    for (uint32_t i = 0; i < n; i++) list.ptr[i] = thing(i);
    return list;
}

static TYPE(pair) pair(uint32_t a, uint8_t n, uint32_t b) {
    TYPE(pair) p = {thing(a), n, thing(b)};
    return p;
}

static void taken(void) {
    TYPE(pair) p = pair(1, 2, 3);
    check(FN(in_record)(&p) == 6);
    TYPE(nested) n = {pair(10, 0, 20), {NULL, 0}, thing(300)};
    runner_string_set(&n.name, "nested");
    check(FN(in_nested)(&n) == 330);
    TYPE(tuple3_own_thing_string_own_thing) t = {thing(4), {NULL, 0}, thing(5)};
    runner_string_set(&t.f1, "between");
    check(FN(in_tuple)(&t) == 9);

    TYPE(choice) c = {CHOICE(ONE), {.one = thing(6)}};
    check(FN(in_variant)(&c) == 6);
    c = (TYPE(choice)){CHOICE(TWO), {.two = {thing(7), thing(8)}}};
    check(FN(in_variant)(&c) == 15);
    c = (TYPE(choice)){CHOICE(MANY), {.many = things(5)}};
    check(FN(in_variant)(&c) == 10);
    free(c.val.many.ptr);
    c.tag = CHOICE(NONE);
    check(FN(in_variant)(&c) == 0);

    own o = thing(9);
    check(FN(in_option)(&o) == 9);
    check(FN(in_option)(NULL) == 0);
    TYPE(result_own_thing_list_own_thing) r = {false, {.ok = thing(10)}};
    check(FN(in_result)(&r) == 10);
    r = (TYPE(result_own_thing_list_own_thing)){true, {.err = things(4)}};
    check(FN(in_result)(&r) == 6);
    free(r.val.err.ptr);
    TYPE(list_own_thing) list = things(100);
    check(FN(in_list)(&list) == 4950);
    free(list.ptr);

    TYPE(tuple2_u8_own_thing) first[] = {{1, thing(10)}}, last[] = {{2, thing(100)}, {3, thing(1000)}};
    TYPE(list_tuple2_u8_own_thing) rows[] = {{first, 1}, {NULL, 0}, {last, 2}};
    TYPE(list_list_tuple2_u8_own_thing) table = {rows, 3};
    check(FN(in_lists)(&table) == 3210);
    check(FN(live)() == 0);
}

static void everything(void) {
    TYPE(pair) a = pair(1, 1, 1);
    TYPE(choice) b = {CHOICE(ONE), {.one = thing(1)}};
    own c = thing(1);
    TYPE(result_own_thing_own_thing) d = {false, {.ok = thing(1)}};
    TYPE(list_own_thing) e = things(2);
    TYPE(tuple2_own_thing_own_thing) f = {thing(1), thing(1)};
    check(FN(everything)(&a, &b, &c, &d, &e, &f) == 9);
    free(e.ptr);
    check(FN(live)() == 0);
}

static void lent(void) {
    own a = thing(11), b = thing(13);
    TYPE(borrow_thing) la = FN(borrow_thing)(a), lb = FN(borrow_thing)(b), all[] = {la, lb, la};
    TYPE(list_borrow_thing) list = {all, 3};
    check(FN(borrowed_list)(&list) == 35);
    list.len = 0;
    check(FN(borrowed_list)(&list) == 0);
    TYPE(lent) l = {la, {true, lb}};
    check(FN(borrowed_record)(&l) == 24);
    l.b.is_some = false;
    check(FN(borrowed_record)(&l) == 11);
    TYPE(result_borrow_thing_tuple2_borrow_thing_borrow_thing) r = {false, {.ok = lb}};
    check(FN(borrowed_variant)(&r) == 13);
    r.is_err = true;
    r.val.err.f0 = la;
    r.val.err.f1 = lb;
    check(FN(borrowed_variant)(&r) == 143);
    check(value(a) == 11 && value(b) == 13);
    check(FN(live)() == 2);
    FN(thing_drop_own)(a);
    FN(thing_drop_own)(b);
    check(FN(live)() == 0);
}

static void given(void) {
    TYPE(list_own_thing) list;
    FN(out_list)(10, &list);
    check(list.len == 10 && FN(live)() == 10);
    for (uint32_t i = 0; i < 10; i++) {
        check(value(list.ptr[i]) == i);
        FN(thing_drop_own)(list.ptr[i]);
    }
    free(list.ptr);
    check(FN(live)() == 0);

    TYPE(nested) n;
    FN(out_record)(50, &n);
    check(value(n.p.a) == 50 && n.p.n == 7 && value(n.p.b) == 51 && value(n.t) == 52);
    check(n.name.len == 3 && memcmp(n.name.ptr, "out", 3) == 0);
    runner_string_free(&n.name);
    // Out of one aggregate and into another.
    TYPE(pair) p = {n.t, 0, n.p.a};
    check(FN(in_record)(&p) == 102);
    check(FN(live)() == 1);
    FN(thing_drop_own)(n.p.b);

    own t;
    uint32_t three = 3;
    check(!FN(out_option)(NULL, &t));
    check(FN(out_option)(&three, &t) && value(t) == 3);
    FN(thing_drop_own)(t);
    own error;
    check(FN(out_result)(4, &t, &error) && value(t) == 4);
    FN(thing_drop_own)(t);
    check(!FN(out_result)(5, &t, &error) && value(error) == 5);
    FN(thing_drop_own)(error);
    check(FN(live)() == 0);
}

void exports_runner_run(void) {
    taken();
    everything();
    lent();
    given();
    check(live_bytes() == 0);
}
