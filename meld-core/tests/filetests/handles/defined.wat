;; of: ../../../examples/counters/counters.wat
;; Handles in tables of the module.
