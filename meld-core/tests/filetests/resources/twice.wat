;; of: dfg/resource-twice.wat
;; One component, instantiated twice: two resources.
