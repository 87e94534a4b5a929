;; A function that does not give back what it takes of the stack.
;;
;; FAIL: fuse % -o %tmp/x --memory shared --share-stack=4KiB
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func (export "f") (param $n i32) (result i32) (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (i32.store (local.get $fp) (local.get $n))
      (if (local.get $n) (then (return (local.get $n))))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (i32.const 1)))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
