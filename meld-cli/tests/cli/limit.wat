;; Instances that export the one below twice: eight paths to one function.
;; FAIL[exports]: fuse % -o %tmp/x --limit exports=7
;; FAIL[instances]: inspect % --stage dfg --limit instances=1
;; RUN[wit]: fuse % -o %tmp/x --limit exports=8 --report %tmp/r
;; RUN[component]: fuse % -o %tmp/c --component --limit exports=7
(component
  (core module $m (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $a (export "f" (func $f)))
  (instance $b (export "x" (instance $a)) (export "y" (instance $a)))
  (instance $c (export "x" (instance $b)) (export "y" (instance $b)))
  (instance $d (export "x" (instance $c)) (export "y" (instance $c)))
  (export "d" (instance $d)))
