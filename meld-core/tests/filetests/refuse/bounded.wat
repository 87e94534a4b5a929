;; of: ../../../meld-cli/tests/cli/one-memory.wat
;; options: heap=65536
;; The same with a bound.
