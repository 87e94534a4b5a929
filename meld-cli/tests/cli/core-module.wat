;; FAIL: fuse % -o %tmp/x
;; FAIL[inspect]: inspect --stage parse %
(module (func (export "f")))
