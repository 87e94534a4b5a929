// Cells with commas between them.

#define WORLD rows
#include "rows.h"
#include "common/text.h"

void exports_meld_mixed_listing_row(rows_list_string_t *cells, rows_string_t *ret) {
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < cells->len; i++) {
        rows_string_t cell;
        meld_mixed_quoting_quote(&cells->ptr[i], &cell);
        if (i > 0) add_text(ret, ", ");
        add(ret, cell.ptr, cell.len);
        rows_string_free(&cell);
    }
    rows_list_string_free(cells);
}
