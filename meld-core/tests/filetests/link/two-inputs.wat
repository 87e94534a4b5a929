;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; An import of the first input is linked to an export of the second.
