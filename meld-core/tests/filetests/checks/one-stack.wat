;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: stack=32
;; Frames that might not fit.
