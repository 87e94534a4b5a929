;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: stack=64
;; Two windows without their own stacks, and one stack.
