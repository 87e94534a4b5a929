;; of: ../../../meld-cli/tests/cli/one-memory.wat
;; options: isolate heap=65536
;; Windows of one memory.
