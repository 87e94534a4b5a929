// How many words a text has.

#include "guest.h"
#include "lines.h"

uint32_t exports_meld_mixed_counting_count(lines_string_t *text) {
    lines_list_string_t words;
    meld_mixed_splitting_split(text, &words);
    uint32_t count = words.len;
    lines_list_string_free(&words);
    lines_string_free(text);
    return count;
}
