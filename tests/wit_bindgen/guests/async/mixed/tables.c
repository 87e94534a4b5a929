// Rows, one a line.

#define WORLD tables
#include "tables.h"
#include "common/text.h"

void exports_meld_mixed_tabling_table(tables_list_list_string_t *rows, tables_string_t *ret) {
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < rows->len; i++) {
        tables_string_t row;
        meld_mixed_listing_row(&rows->ptr[i], &row);
        add(ret, row.ptr, row.len);
        add_text(ret, "\n");
        tables_string_free(&row);
    }
    tables_list_list_string_free(rows);
}
