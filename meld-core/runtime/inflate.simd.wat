;; Turns `n` bytes at `p` into `n` 16-bit units at `p`, last ones first so that none is overwritten unread.
(func $inflate (export "inflate") (param $p i32) (param $n i32)
  (local $block v128) (local $to i32)
  (block $few
    (loop $next
      (br_if $few (i32.lt_u (local.get $n) (i32.const 16)))
      (local.set $n (i32.sub (local.get $n) (i32.const 16)))
      (local.set $block (v128.load $dst align=1 (i32.add (local.get $p) (local.get $n))))
      (local.set $to (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 1))))
      (v128.store $dst align=2 (local.get $to) (i16x8.extend_low_i8x16_u (local.get $block)))
      (v128.store $dst offset=16 align=2 (local.get $to) (i16x8.extend_high_i8x16_u (local.get $block)))
      (br $next)))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (i32.store16 $dst
        (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 1)))
        (i32.load8_u $dst (i32.add (local.get $p) (local.get $n))))
      (br $next))))
