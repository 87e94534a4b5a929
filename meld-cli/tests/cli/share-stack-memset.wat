;; Frames whose address is what a function returned that was given it, as LLVM has it where there is no `memory.fill`.
;;
;; RUN: fuse % -o %tmp/x --memory shared --address-rebase --share-stack --map
(component
  (core module $m
    (memory 1)
    (global $sp (mut i32) (i32.const 1024))
    (data (i32.const 1024) "data")
    (func $memset (param $at i32) (param $byte i32) (param $n i32) (result i32) (local $to i32)
      (local.set $to (local.get $at))
      (block $done
        (loop $each
          (br_if $done (i32.eqz (local.get $n)))
          (i32.store8 (local.get $to) (local.get $byte))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $each)))
      (local.get $at))
    (func (export "f") (param $n i32) (result i32) (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 64))))
      (i32.store offset=12 (local.tee $fp (call $memset (local.get $fp) (i32.const 0) (i32.const 64))) (local.get $n))
      (local.set $n (i32.load offset=12 (local.get $fp)))
      (global.set $sp (i32.add (local.get $fp) (i32.const 64)))
      (local.get $n)))
  (core instance $m (instantiate $m))
  (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
