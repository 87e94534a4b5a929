// Strings of every width of UTF-8, and the empty one, given and taken.

#include "guest.h"
#include "provider.h"

typedef provider_string_t string;

// With their lengths, since one of them contains zeros.
#define TEXT(name, literal) static const string name = {(uint8_t *)literal, sizeof literal - 1}

TEXT(ASCII, "Meld: fuse, then run.");
TEXT(LATIN, "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich");
TEXT(ASTRAL, "clef 𝄞, kanji 漢字, flag 🇨🇭, combining e\u0301");
TEXT(NUL, "a\0b\0");
TEXT(EMPTY, "");

#define BOTH_WAYS(name, text)                                                 \
    void exports_meld_strings_text_expect_##name(string *s) {                 \
        check(s->len == text.len && memcmp(s->ptr, text.ptr, s->len) == 0);   \
        provider_string_free(s);                                              \
    }                                                                         \
    void exports_meld_strings_text_##name(string *ret) {                      \
        provider_string_dup_n(ret, (const char *)text.ptr, text.len);         \
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
    ret->ptr = ret->len ? malloc(ret->len) : NULL;
    if (left->len) memcpy(ret->ptr, left->ptr, left->len);
    if (right->len) memcpy(ret->ptr + left->len, right->ptr, right->len);
    provider_string_free(left);
    provider_string_free(right);
}

void exports_meld_strings_text_repeat(string *s, uint32_t times, string *ret) {
    ret->len = s->len * times;
    ret->ptr = ret->len ? malloc(ret->len) : NULL;
    for (uint32_t i = 0; i < times && s->len; i++) {
        memcpy(ret->ptr + i * s->len, s->ptr, s->len);
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
