;; of: dfg/resource-twice.wat
;; The graph of `resources/twice`.
