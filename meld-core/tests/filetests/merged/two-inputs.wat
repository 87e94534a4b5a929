;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; Two instances and the adapter between them, before anything is known to be dead.
