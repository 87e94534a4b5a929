;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: stack
;; One stack, as large as the longest chain of calls needs.
