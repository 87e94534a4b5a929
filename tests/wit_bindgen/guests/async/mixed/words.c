// Texts, cut where there are spaces.

#define WORLD words
#include "words.h"
#include "common/text.h"

void exports_meld_mixed_splitting_split(words_string_t *text, words_list_string_t *ret) {
    size_t spaces = 0;
    for (size_t i = 0; i < text->len; i++) spaces += text->ptr[i] == ' ';
    ret->ptr = calloc(spaces + 1, sizeof *ret->ptr);
    ret->len = 0;
    for (size_t start = 0, end = 0; end <= text->len; end++) {
        if (end < text->len && text->ptr[end] != ' ') continue;
        if (end > start) add(&ret->ptr[ret->len++], text->ptr + start, end - start);
        start = end + 1;
    }
    words_string_free(text);
}
