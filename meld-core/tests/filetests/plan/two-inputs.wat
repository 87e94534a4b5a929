;; of: ../../../examples/shout/greeter.wat ../../../examples/shout/shouter.wat
;; A call that needs an adapter.
