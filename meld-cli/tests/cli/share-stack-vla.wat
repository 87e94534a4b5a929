;; A function that calls nobody, and an array in it whose length is known when it runs, as clang compiles it: it is below the
;; pointer, which is not set. Without a size that is an error, and with one the accesses are checked.
;;
;; FAIL[proved]: fuse % -o %tmp/x --memory shared --address-rebase --share-stack
;; RUN: fuse % -t --memory shared --address-rebase --share-stack=1KiB
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func $vla (param $n i32) (result i32) (local $array i32)
      (local.set $array
        (i32.sub (global.get $sp) (i32.and (i32.add (local.get $n) (i32.const 15)) (i32.const -16))))
      (memory.fill (local.get $array) (i32.const 0xaa) (local.get $n))
      (i32.store8 offset=3 (local.get $array) (local.get $n))
      (i32.load8_u (local.get $array)))
    (func (export "f") (param $n i32) (result i32) (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (i32.store (local.get $fp) (call $vla (local.get $n)))
      (local.set $n (i32.load (local.get $fp)))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (local.get $n)))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
