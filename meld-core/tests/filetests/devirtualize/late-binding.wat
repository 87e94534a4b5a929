;; of: start/late-binding.wat
;; The stubs of late binding, after this pass.
