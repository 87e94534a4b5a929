;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: isolate
;; Accesses that are not proved to lie inside of their windows.
