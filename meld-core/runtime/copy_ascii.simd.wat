;; Copies bytes below 80, up to `n`; returns how many. May write anything up to `dst + n` after them.
(func $copy_ascii (export "copy_ascii") (param $src i32) (param $dst i32) (param $n i32) (result i32)
  (local $i i32) (local $block v128) (local $word i64) (local $high i64) (local $byte i32)
  (if (i32.ge_u (local.get $n) (i32.const 16))
    (then
      (loop $next
        (local.set $block (v128.load $src (i32.add (local.get $src) (local.get $i))))
        (v128.store $dst (i32.add (local.get $dst) (local.get $i)) (local.get $block))
        (if (i8x16.bitmask (local.get $block))
          (then (return (i32.add (local.get $i) (i32.ctz (i8x16.bitmask (local.get $block)))))))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br_if $next (i32.le_u (local.get $i) (i32.sub (local.get $n) (i32.const 16))))
        (if (i32.eq (local.get $i) (local.get $n)) (then (return (local.get $n))))
        ;; The last block overlaps the one before.
        (local.set $i (i32.sub (local.get $n) (i32.const 16)))
        (br $next))))
  (if (i32.ge_u (local.get $n) (i32.const 8))
    (then
      (local.set $word (i64.load $src align=1 (local.get $src)))
      (i64.store $dst align=1 (local.get $dst) (local.get $word))
      (local.set $high (i64.and (local.get $word) (i64.const 0x8080_8080_8080_8080)))
      (if (i64.ne (local.get $high) (i64.const 0))
        (then (return (i32.wrap_i64 (i64.shr_u (i64.ctz (local.get $high)) (i64.const 3))))))
      (local.set $i (i32.const 8))))
  (block $bytes
    (loop $next
      (br_if $bytes (i32.eq (local.get $i) (local.get $n)))
      (local.set $byte (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (br_if $bytes (i32.ge_u (local.get $byte) (i32.const 0x80)))
      (i32.store8 $dst (i32.add (local.get $dst) (local.get $i)) (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $i))
