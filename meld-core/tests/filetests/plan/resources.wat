;; of: ../../../examples/counters/counters.wat
;; Handle spaces, and built-ins on them.
