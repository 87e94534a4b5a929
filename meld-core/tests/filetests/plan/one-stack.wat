;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: stack=4096
;; One stack of a given size.
