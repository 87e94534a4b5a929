// A link that holds its strings in UTF-16 and adds to both ends.

#include <uchar.h>

#include "guest.h"
#include "second.h"

static void around(second_string_t *s, char16_t before, char16_t after) {
    s->ptr = realloc(s->len ? s->ptr : NULL, (s->len + 2) * 2);
    memmove(s->ptr + 1, s->ptr, s->len * 2);
    s->ptr[0] = before;
    s->ptr[s->len + 1] = after;
    s->len += 2;
}

void exports_meld_chain_relay_pass(second_string_t *text, uint32_t hops, second_string_t *ret) {
    around(text, u'«', u'»');
    meld_chain_relay_pass(text, hops + 1, ret);
    second_string_free(text);
    around(ret, u'漢', u'字');
}
