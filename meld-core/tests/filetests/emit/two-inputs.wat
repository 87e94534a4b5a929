;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; Sections, and an export with its options.
