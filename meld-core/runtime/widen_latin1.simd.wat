;; Copies `n` bytes, each to 16 bits: Latin-1 to UTF-16.
(func $widen_latin1 (export "widen_latin1") (param $src i32) (param $dst i32) (param $n i32)
  (local $i i32) (local $to i32) (local $block v128)
  (if (i32.ge_u (local.get $n) (i32.const 16))
    (then
      (loop $next
        (local.set $block (v128.load $src (i32.add (local.get $src) (local.get $i))))
        (local.set $to (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1))))
        (v128.store $dst align=2 (local.get $to) (i16x8.extend_low_i8x16_u (local.get $block)))
        (v128.store $dst offset=16 align=2 (local.get $to) (i16x8.extend_high_i8x16_u (local.get $block)))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br_if $next (i32.le_u (local.get $i) (i32.sub (local.get $n) (i32.const 16))))
        (if (i32.eq (local.get $i) (local.get $n)) (then (return)))
        ;; The last block overlaps the one before.
        (local.set $i (i32.sub (local.get $n) (i32.const 16)))
        (br $next))))
  (if (i32.ge_u (local.get $n) (i32.const 8))
    (then
      (v128.store $dst align=2 (local.get $dst) (v128.load8x8_u $src align=1 (local.get $src)))
      (local.set $i (i32.const 8))))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $n)))
      (i32.store16 $dst
        (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1)))
        (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))
