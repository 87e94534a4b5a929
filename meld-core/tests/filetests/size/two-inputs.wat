;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; A module that is small enough stays as it is.
