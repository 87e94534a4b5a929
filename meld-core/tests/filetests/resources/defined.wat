;; of: ../../../examples/counters/counters.wat
;; A resource of one component, which another sees under another name.
