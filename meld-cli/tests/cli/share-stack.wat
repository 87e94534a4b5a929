;; Two guests on one stack: what stands for their stack pointers, where the stack is, and what it goes with.
;;
;; RUN[text]: fuse % -t --memory shared --share-stack
;; RUN[checked]: fuse % -t --memory shared --share-stack=32
;; RUN[map]: fuse % -o %tmp/x --memory shared --share-stack=4KiB --map
;; RUN[plan]: inspect % --memory shared --share-stack=4KiB
;; RUN[merged]: inspect % --stage merged --memory shared --share-stack
;; FAIL[no-windows]: fuse % -o %tmp/x --share-stack
;; FAIL[isolate]: fuse % -o %tmp/x --memory shared --share-stack --isolate
;; FAIL[size]: fuse % -o %tmp/x --memory shared --share-stack=100
;; USAGE[not-a-size]: fuse % -o %tmp/x --memory shared --share-stack=4kX
(component
  (component $outer
    (import "inner" (func $inner (param "n" u32) (result u32)))
    (core func $inner (canon lower (func $inner)))
    (core module $m
      (import "" "inner" (func $inner (param i32) (result i32)))
      (memory 1)
      (global $sp (mut i32) (i32.const 512))
      (data (i32.const 512) "data")
      (func (export "f") (param $n i32) (result i32) (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 32))))
        (i32.store offset=8 (local.get $fp) (local.get $n))
        (local.set $n (i32.add (call $inner (local.get $n)) (i32.load offset=8 (local.get $fp))))
        (global.set $sp (i32.add (local.get $fp) (i32.const 32)))
        (local.get $n)))
    (core instance $m (instantiate $m (with "" (instance (export "inner" (func $inner))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
  (component $inner
    (core module $m
      (memory 1)
      (global $sp (mut i32) (i32.const 1024))
      (data (i32.const 1024) "data")
      (func (export "f") (param $n i32) (result i32) (local $fp i32)
        (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
        (i32.store offset=4 (local.get $fp) (local.get $n))
        (local.set $n (i32.mul (i32.load offset=4 (local.get $fp)) (i32.load (i32.const 1024))))
        (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
        (local.get $n)))
    (core instance $m (instantiate $m))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $b (instantiate $inner))
  (instance $a (instantiate $outer (with "inner" (func $b "f"))))
  (export "f" (func $a "f")))
