;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: rebase
;; Without `isolate` nothing is checked.
