;; A function with two stacks: what it takes of the one, it would take of the other.
;;
;; FAIL: fuse % -o %tmp/x --memory shared --share-stack=4KiB
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 512))
    (global $other (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func (export "f") (param $n i32) (result i32) (local $fp i32) (local $more i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (global.set $other (local.tee $more (i32.sub (global.get $other) (i32.const 16))))
      (i32.store (local.get $fp) (local.get $n))
      (i32.store (local.get $more) (local.get $n))
      (local.set $n (i32.add (i32.load (local.get $fp)) (i32.load (local.get $more))))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (global.set $other (i32.add (local.get $more) (i32.const 16)))
      (local.get $n)))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
