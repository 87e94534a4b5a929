;; of: ../../../meld-cli/tests/cli/open.wat ../../../meld-cli/tests/cli/inputs/older.wat
;; An import stays open, and a note says which export nearly satisfies it.
