// The strings of the other providers, held in UTF-16.

#include <uchar.h>

#include "guest.h"
#include "provider.h"

typedef provider_string_t string;

// With their lengths, since one of them contains zeros.
#define TEXT(name, literal) static const string name = {(uint16_t *)literal, sizeof literal / 2 - 1}

TEXT(ASCII, u"Meld: fuse, then run.");
TEXT(LATIN, u"Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich");
TEXT(ASTRAL, u"clef 𝄞, kanji 漢字, flag 🇨🇭, combining e\u0301");
TEXT(NUL, u"a\0b\0");
TEXT(EMPTY, u"");

static void copy(const string *from, string *to) {
    to->len = from->len;
    to->ptr = from->len ? malloc(from->len * 2) : NULL;
    if (from->len) memcpy(to->ptr, from->ptr, from->len * 2);
}

#define BOTH_WAYS(name, text)                                                     \
    void exports_meld_strings_text_expect_##name(string *s) {                     \
        check(s->len == text.len && memcmp(s->ptr, text.ptr, s->len * 2) == 0);   \
        provider_string_free(s);                                                  \
    }                                                                             \
    void exports_meld_strings_text_##name(string *ret) {                          \
        copy(&text, ret);                                                         \
    }

BOTH_WAYS(ascii, ASCII)
BOTH_WAYS(latin, LATIN)
BOTH_WAYS(astral, ASTRAL)
BOTH_WAYS(nul, NUL)
BOTH_WAYS(empty, EMPTY)

void exports_meld_strings_text_echo(string *s, string *ret) {
    *ret = *s;
}

void exports_meld_strings_text_join(string *left, string *right, string *ret) {
    ret->len = left->len + right->len;
    ret->ptr = ret->len ? malloc(ret->len * 2) : NULL;
    if (left->len) memcpy(ret->ptr, left->ptr, left->len * 2);
    if (right->len) memcpy(ret->ptr + left->len, right->ptr, right->len * 2);
    provider_string_free(left);
    provider_string_free(right);
}

void exports_meld_strings_text_repeat(string *s, uint32_t times, string *ret) {
    ret->len = s->len * times;
    ret->ptr = ret->len ? malloc(ret->len * 2) : NULL;
    for (uint32_t i = 0; i < times && s->len; i++) {
        memcpy(ret->ptr + i * s->len, s->ptr, s->len * 2);
    }
    provider_string_free(s);
}

void exports_meld_strings_text_reverse_list(provider_list_string_t *words, provider_list_string_t *ret) {
    for (size_t i = 0; i < words->len / 2; i++) {
        string word = words->ptr[i];
        words->ptr[i] = words->ptr[words->len - 1 - i];
        words->ptr[words->len - 1 - i] = word;
    }
    *ret = *words;
}

uint32_t exports_meld_strings_text_live_bytes(void) {
    return live_bytes();
}
