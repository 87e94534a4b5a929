;; A target that needs one memory.
;;
;; RUN[map]: fuse % -o %tmp/x --memory shared --target synth --low-reserve 40 --map
;; FAIL[memories]: fuse % -o %tmp/x --target synth
;; FAIL[component]: fuse % -o %tmp/x --memory shared --target synth --component
;; FAIL[low]: fuse % -o %tmp/x --low-reserve 64
(component
  (core module $m
    (type $t (func (result i32)))
    (table 6 6 funcref)
    (elem (i32.const 1) func $f)
    (memory 1)
    (func $f (result i32) (i32.const 0))
    (func (export "run") (result i32) (call_indirect (type $t) (i32.load (i32.const 8)))))
  (core instance $m (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
