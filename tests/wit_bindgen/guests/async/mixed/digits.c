// Decimal numbers.

#include "guest.h"
#include "digits.h"

bool exports_meld_mixed_parsing_number(digits_string_t *text, uint32_t *ret) {
    uint64_t number = 0;
    bool valid = text->len > 0;
    for (size_t i = 0; i < text->len && valid; i++) {
        number = number * 10 + (text->ptr[i] - '0');
        valid = text->ptr[i] >= '0' && text->ptr[i] <= '9' && number <= UINT32_MAX;
    }
    digits_string_free(text);
    *ret = (uint32_t)number;
    return valid;
}
