;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: rebase
;; Each memory is a window of one.
