// Several resources, owned here, there, and by each other.

#include "guest.h"
#include "provider.h"

#define FN(name) exports_meld_resources_store_##name

typedef exports_meld_resources_store_own_item_t own_item;
typedef exports_meld_resources_store_own_kebab_case_token_t own_token;
typedef exports_meld_resources_store_own_unit_t own_unit;
typedef exports_meld_resources_store_own_shelf_t own_shelf;

struct exports_meld_resources_store_item_t { int32_t n; };
struct exports_meld_resources_store_kebab_case_token_t { uint32_t n; };
struct exports_meld_resources_store_unit_t { char nothing; };
struct exports_meld_resources_store_shelf_t { own_item *items; uint32_t len; };

typedef exports_meld_resources_store_item_t item;
typedef exports_meld_resources_store_kebab_case_token_t token;
typedef exports_meld_resources_store_unit_t unit;
typedef exports_meld_resources_store_shelf_t shelf;

static uint32_t items, tokens, units, shelves;
static bool keeping;
static own_item kept;

own_item FN(constructor_item)(int32_t n) {
    item *rep = malloc(sizeof *rep);
    rep->n = n;
    return FN(item_new)(rep);
}

int32_t FN(method_item_get)(item *self) {
    return self->n;
}

void FN(method_item_set)(item *self, int32_t n) {
    self->n = n;
}

own_item FN(static_item_add)(own_item a, int32_t b) {
    own_item sum = FN(constructor_item)(FN(item_rep)(a)->n + b);
    FN(item_drop_own)(a);
    return sum;
}

int32_t FN(method_item_compare)(item *self, item *other) {
    return self->n - other->n;
}

own_item FN(method_item_duplicate)(item *self) {
    return FN(constructor_item)(self->n);
}

void FN(item_destructor)(item *rep) {
    items++;
    free(rep);
}

own_token FN(static_kebab_case_token_make)(uint32_t n) {
    token *rep = malloc(sizeof *rep);
    rep->n = n;
    return FN(kebab_case_token_new)(rep);
}

uint32_t FN(static_kebab_case_token_take)(own_token t) {
    uint32_t n = FN(kebab_case_token_rep)(t)->n;
    FN(kebab_case_token_drop_own)(t);
    return n;
}

void FN(method_kebab_case_token_label)(token *self, provider_string_t *ret) {
    char text[] = "token 0";
    text[6] += self->n;
    provider_string_dup(ret, text);
}

void FN(kebab_case_token_destructor)(token *rep) {
    tokens++;
    free(rep);
}

// The generator exports the destructor under `kebab_case_token`, where nobody looks for it.
__attribute__((export_name("meld:resources/store#[dtor]kebab-case-token")))
void kebab_case_token_dtor(token *rep) {
    FN(kebab_case_token_destructor)(rep);
}

own_unit FN(constructor_unit)(void) {
    return FN(unit_new)(malloc(sizeof(unit)));
}

void FN(unit_destructor)(unit *rep) {
    units++;
    free(rep);
}

own_shelf FN(constructor_shelf)(void) {
    return FN(shelf_new)(calloc(1, sizeof(shelf)));
}

void FN(method_shelf_put)(shelf *self, own_item i) {
    self->items = realloc(self->items, (self->len + 1) * sizeof i);
    self->items[self->len++] = i;
}

bool FN(method_shelf_pop)(shelf *self, own_item *ret) {
    if (self->len == 0) return false;
    *ret = self->items[--self->len];
    return true;
}

uint32_t FN(method_shelf_len)(shelf *self) {
    return self->len;
}

void FN(shelf_destructor)(shelf *rep) {
    shelves++;
    for (uint32_t i = 0; i < rep->len; i++) FN(item_drop_own)(rep->items[i]);
    free(rep->items);
    free(rep);
}

void FN(make_many)(uint32_t n, exports_meld_resources_store_list_own_item_t *ret) {
    ret->len = n;
    ret->ptr = malloc(n * sizeof *ret->ptr);
    for (uint32_t i = 0; i < n; i++) ret->ptr[i] = FN(constructor_item)(i);
}

void FN(keep)(own_item i) {
    if (keeping) FN(item_drop_own)(kept);
    keeping = true;
    kept = i;
}

bool FN(give_back)(own_item *ret) {
    bool had = keeping;
    keeping = false;
    *ret = kept;
    return had;
}

uint32_t FN(items_dropped)(void) {
    return items;
}

uint32_t FN(tokens_dropped)(void) {
    return tokens;
}

uint32_t FN(units_dropped)(void) {
    return units;
}

uint32_t FN(shelves_dropped)(void) {
    return shelves;
}
