;; of: dfg/resource-twice.wat
;; Two resources of one name have two tags.
