;; of: ../../../examples/counters/counters.wat
;; Imports are lowered, a resource has a destructor, and exports are lifted.
