;; A guest that keeps its stack pointer in `context`, in a function of its library.
;;
;; FAIL: fuse % -o %tmp/x --memory shared --address-rebase --share-stack=4KiB
(component
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $m
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (memory 1)
    (data (i32.const 1024) "data")
    (func $get_stack_pointer (result i32) (call $get))
    (func $set_stack_pointer (param $sp i32) (call $set (local.get $sp)))
    (func $in_frame (param $n i32) (result i32) (local $fp i32)
      (call $set_stack_pointer (local.tee $fp (i32.sub (call $get_stack_pointer) (i32.const 16))))
      (i32.store (local.get $fp) (local.get $n))
      (local.set $n (i32.load (local.get $fp)))
      (call $set_stack_pointer (i32.add (local.get $fp) (i32.const 16)))
      (local.get $n))
    (func (export "f") (param $n i32) (result i32)
      (call $set (i32.const 1024))
      (call $in_frame (local.get $n))))
  (core instance $m (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
