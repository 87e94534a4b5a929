;; of: dfg/root-exports.wat
;; One input is its own root.
