;; Functions with frames that call each other: nothing bounds the stack.
;;
;; FAIL: fuse % -o %tmp/x --memory shared --share-stack
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func $even (export "f") (param $n i32) (result i32) (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (i32.store (local.get $fp) (local.get $n))
      (if (local.get $n) (then (local.set $n (call $odd (i32.sub (local.get $n) (i32.const 1))))))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (local.get $n))
    (func $odd (param $n i32) (result i32) (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (i32.store (local.get $fp) (local.get $n))
      (local.set $n (call $even (i32.sub (local.get $n) (i32.const 1))))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (local.get $n)))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
