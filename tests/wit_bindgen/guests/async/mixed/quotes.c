// Capitals between quotes.

#define WORLD quotes
#include "quotes.h"
#include "common/text.h"

void exports_meld_mixed_quoting_quote(quotes_string_t *text, quotes_string_t *ret) {
    quotes_string_t upper;
    meld_mixed_casing_upper(text, &upper);
    memset(ret, 0, sizeof *ret);
    add_text(ret, "'");
    add(ret, upper.ptr, upper.len);
    add_text(ret, "'");
    quotes_string_free(&upper);
    quotes_string_free(text);
}
