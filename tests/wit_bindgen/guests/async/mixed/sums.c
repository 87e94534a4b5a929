// Sums of those words that are numbers.

#include "guest.h"
#include "sums.h"

uint32_t exports_meld_mixed_summing_total(sums_list_string_t *words) {
    uint32_t total = 0, number;
    for (size_t i = 0; i < words->len; i++) {
        if (meld_mixed_parsing_number(&words->ptr[i], &number)) total += number;
    }
    sums_list_string_free(words);
    return total;
}
