// What is to be said of a text.

#define WORLD reports
#include "reports.h"
#include "common/text.h"

void exports_meld_mixed_reporting_report(reports_string_t *text, reports_string_t *ret) {
    reports_list_string_t words;
    meld_mixed_splitting_split(text, &words);
    memset(ret, 0, sizeof *ret);
    add_number(ret, meld_mixed_counting_count(text));
    add_text(ret, " words, sum ");
    add_number(ret, meld_mixed_summing_total(&words));
    reports_list_string_free(&words);
    reports_string_free(text);
}
