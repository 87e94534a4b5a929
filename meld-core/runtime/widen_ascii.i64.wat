;; Copies bytes below 80, up to `n`, each to 16 bits; returns how many.
(func $widen_ascii (export "widen_ascii") (param $src i32) (param $dst i32) (param $n i32) (result i32)
  (local $i i32) (local $four i64) (local $byte i32)
  (block $few
    (loop $next
      (br_if $few (i32.lt_u (i32.sub (local.get $n) (local.get $i)) (i32.const 4)))
      (local.set $four (i64.load32_u $src align=1 (i32.add (local.get $src) (local.get $i))))
      (br_if $few (i64.ne (i64.and (local.get $four) (i64.const 0x8080_8080)) (i64.const 0)))
      ;; 0000dcba to 00dc00ba to 0d0c0b0a.
      (local.set $four
        (i64.and
          (i64.or (local.get $four) (i64.shl (local.get $four) (i64.const 16)))
          (i64.const 0x0000_ffff_0000_ffff)))
      (i64.store $dst align=2
        (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1)))
        (i64.and
          (i64.or (local.get $four) (i64.shl (local.get $four) (i64.const 8)))
          (i64.const 0x00ff_00ff_00ff_00ff)))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br $next)))
  (block $bytes
    (loop $next
      (br_if $bytes (i32.eq (local.get $i) (local.get $n)))
      (local.set $byte (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (br_if $bytes (i32.ge_u (local.get $byte) (i32.const 0x80)))
      (i32.store16 $dst (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1))) (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $i))
