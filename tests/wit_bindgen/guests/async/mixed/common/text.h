// Texts that are put together.

#pragma once

#include "guest.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define STRING JOIN(WORLD, _string_t)
#define LIST JOIN(WORLD, _list_string_t)

// Adds bytes to a text, which is NULL and 0 at first.
static inline void add(STRING *to, const void *bytes, size_t len) {
    if (len == 0) return;
    to->ptr = realloc(to->ptr, to->len + len);
    memcpy(to->ptr + to->len, bytes, len);
    to->len += len;
}

static inline void add_text(STRING *to, const char *text) {
    add(to, text, strlen(text));
}

static inline void add_number(STRING *to, uint32_t number) {
    if (number >= 10) add_number(to, number / 10);
    char digit = '0' + number % 10;
    add(to, &digit, 1);
}
