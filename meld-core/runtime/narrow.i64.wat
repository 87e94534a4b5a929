;; Copies 16-bit units below `limit` (80 or 100), up to `n`, each to a byte; returns how many.
(func $narrow (export "narrow") (param $src i32) (param $dst i32) (param $n i32) (param $limit i32) (result i32)
  (local $i i32) (local $four i64) (local $above i64) (local $unit i32)
  ;; The bits that no unit may have: FF80 or FF00, four times.
  (local.set $above
    (i64.mul (i64.extend_i32_u (i32.sub (i32.const 0x1_0000) (local.get $limit))) (i64.const 0x0001_0001_0001_0001)))
  (block $few
    (loop $next
      (br_if $few (i32.lt_u (i32.sub (local.get $n) (local.get $i)) (i32.const 4)))
      (local.set $four
        (i64.load $src align=2 (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (br_if $few (i64.ne (i64.and (local.get $four) (local.get $above)) (i64.const 0)))
      ;; 0d0c0b0a to 00dc00ba to 0000dcba.
      (local.set $four
        (i64.and
          (i64.or (local.get $four) (i64.shr_u (local.get $four) (i64.const 8)))
          (i64.const 0x0000_ffff_0000_ffff)))
      (i64.store32 $dst align=1
        (i32.add (local.get $dst) (local.get $i))
        (i64.or (local.get $four) (i64.shr_u (local.get $four) (i64.const 16))))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br $next)))
  (block $units
    (loop $next
      (br_if $units (i32.eq (local.get $i) (local.get $n)))
      (local.set $unit (i32.load16_u $src (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (br_if $units (i32.ge_u (local.get $unit) (local.get $limit)))
      (i32.store8 $dst (i32.add (local.get $dst) (local.get $i)) (local.get $unit))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $i))
