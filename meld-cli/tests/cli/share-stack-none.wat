;; A global that goes up and down, and is no stack pointer: nothing is stored where it points to.
;;
;; FAIL: fuse % -o %tmp/x --memory shared --share-stack
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func (export "f") (param $n i32) (result i32)
      (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
      (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
      (i32.load (i32.const 1024))))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
