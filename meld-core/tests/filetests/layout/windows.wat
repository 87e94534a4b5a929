;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: rebase
;; Two windows.
