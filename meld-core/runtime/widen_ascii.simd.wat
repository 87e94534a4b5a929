;; Copies bytes below 80, up to `n`, each to 16 bits; returns how many. May write anything up to
;; `dst + 2 * n` after them.
(func $widen_ascii (export "widen_ascii") (param $src i32) (param $dst i32) (param $n i32) (result i32)
  (local $i i32) (local $to i32) (local $block v128) (local $byte i32)
  (if (i32.ge_u (local.get $n) (i32.const 16))
    (then
      (loop $next
        (local.set $block (v128.load $src (i32.add (local.get $src) (local.get $i))))
        (local.set $to (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1))))
        (v128.store $dst align=2 (local.get $to) (i16x8.extend_low_i8x16_u (local.get $block)))
        (v128.store $dst offset=16 align=2 (local.get $to) (i16x8.extend_high_i8x16_u (local.get $block)))
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
      (local.set $block (v128.load64_zero $src align=1 (local.get $src)))
      (v128.store $dst align=2 (local.get $dst) (i16x8.extend_low_i8x16_u (local.get $block)))
      (if (i8x16.bitmask (local.get $block))
        (then (return (i32.ctz (i8x16.bitmask (local.get $block))))))
      (local.set $i (i32.const 8))))
  (block $bytes
    (loop $next
      (br_if $bytes (i32.eq (local.get $i) (local.get $n)))
      (local.set $byte (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (br_if $bytes (i32.ge_u (local.get $byte) (i32.const 0x80)))
      (i32.store16 $dst (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1))) (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $i))
