;; of: ../../../examples/counters/counters.wat
;; Imports and a destructor.
