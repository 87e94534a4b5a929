// A title and a table of two words a row.

#define WORLD pages
#include "pages.h"
#include "common/text.h"

void exports_meld_mixed_paging_page(pages_string_t *title, pages_string_t *body, pages_string_t *ret) {
    pages_list_string_t words;
    meld_mixed_splitting_split(body, &words);
    pages_list_list_string_t rows;
    rows.len = (words.len + 1) / 2;
    rows.ptr = calloc(rows.len, sizeof *rows.ptr);
    for (size_t i = 0; i < rows.len; i++) {
        rows.ptr[i].ptr = words.ptr + 2 * i;
        rows.ptr[i].len = 2 * i + 2 <= words.len ? 2 : 1;
    }
    pages_string_t table, upper;
    meld_mixed_tabling_table(&rows, &table);
    meld_mixed_casing_upper(title, &upper);
    memset(ret, 0, sizeof *ret);
    add(ret, upper.ptr, upper.len);
    add_text(ret, "\n");
    add(ret, table.ptr, table.len);
    free(rows.ptr);
    pages_list_string_free(&words);
    pages_string_free(&table);
    pages_string_free(&upper);
    pages_string_free(title);
    pages_string_free(body);
}
