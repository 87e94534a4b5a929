;; A function of the host, exported from core output.
;; FAIL: fuse % -o %tmp/x --report %tmp/report.json --wit %tmp/x.wit
(component
  (import "f" (func $f))
  (export "g" (func $f)))
