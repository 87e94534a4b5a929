;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; An export with canonical options.
