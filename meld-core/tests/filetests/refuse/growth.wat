;; of: ../../../meld-cli/tests/cli/one-memory.wat
;; options: rebase
;; A live `memory.grow` in a window without a bound is an error.
