// Capitals.

#include "guest.h"
#include "letters.h"

void exports_meld_mixed_casing_upper(letters_string_t *text, letters_string_t *ret) {
    for (size_t i = 0; i < text->len; i++) {
        if (text->ptr[i] >= 'a' && text->ptr[i] <= 'z') text->ptr[i] -= 'a' - 'A';
    }
    *ret = *text;
}
