;; The least that a single module has to do for the same calls: a plain call, and `memory.copy` into memory that is
;; there. Strings are copied and not even validated.
(module
  (memory $callee 64)
  (memory $caller 64)
  (func $callee-add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $callee-length (param i32 i32) (result i32) (local.get 1))
  (func (export "add") (param $n i32) (param $length i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (call $callee-add (local.get $sum) (local.get $n)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $copy (export "text") (export "world-text") (export "bytes") (param $n i32) (param $length i32) (result i32)
    (local $sum i32)
    (loop $again
      (memory.copy $callee $caller (i32.const 1024) (i32.const 0x10000) (local.get $length))
      (local.set $sum (i32.add (local.get $sum) (call $callee-length (i32.const 1024) (local.get $length))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "echo") (param $n i32) (param $length i32) (result i32)
    (local $sum i32) (local $bytes i32)
    (local.set $bytes (i32.shl (local.get $length) (i32.const 2)))
    (loop $again
      (memory.copy $callee $caller (i32.const 1024) (i32.const 0x10000) (local.get $bytes))
      (memory.copy $caller $callee (i32.const 0x200000) (i32.const 1024) (local.get $bytes))
      (local.set $sum (i32.add (local.get $sum) (call $callee-length (i32.const 1024) (local.get $length))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  ;; A stream of bytes, in pieces.
  (func (export "stream") (param i32 i32) (result i32)
    (call $pieces (local.get 0) (local.get 1) (i32.const 0x10000)))
  (func (export "pieces") (param i32 i32) (result i32)
    (call $pieces (local.get 0) (local.get 1) (i32.const 0x400)))
  (func $pieces (param $n i32) (param $length i32) (param $piece i32) (result i32)
    (local $sum i32) (local $left i32)
    (loop $again
      (local.set $left (local.get $length))
      (loop $next
        (memory.copy $callee $caller (i32.const 0x10000) (i32.const 0) (local.get $piece))
        (local.set $sum (i32.add (local.get $sum) (local.get $piece)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (local.get $piece)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))
