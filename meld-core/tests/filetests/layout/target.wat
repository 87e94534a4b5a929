;; of: ../../../meld-cli/tests/cli/share-stack.wat
;; options: rebase low=100 target=synth
;; Room at address 0, and no window there.
