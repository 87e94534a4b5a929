;; Copies 16-bit units below `limit` (80 or 100), up to `n`, each to a byte; returns how many. May write
;; anything up to `dst + n` after them.
(func $narrow (export "narrow") (param $src i32) (param $dst i32) (param $n i32) (param $limit i32) (result i32)
  (local $i i32) (local $unit i32) (local $low v128) (local $high v128) (local $above v128)
  ;; The bits that no unit may have: FF80 or FF00.
  (local.set $above (i16x8.splat (i32.sub (i32.const 0) (local.get $limit))))
  (block $few
    (loop $next
      (br_if $few (i32.lt_u (i32.sub (local.get $n) (local.get $i)) (i32.const 16)))
      (local.set $low
        (v128.load $src align=2 (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (local.set $high
        (v128.load $src offset=16 align=2 (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (br_if $few
        (v128.any_true (v128.and (v128.or (local.get $low) (local.get $high)) (local.get $above))))
      (v128.store $dst align=1
        (i32.add (local.get $dst) (local.get $i))
        (i8x16.narrow_i16x8_u (local.get $low) (local.get $high)))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br $next)))
  ;; Eight more, if they qualify; whether or not there were sixteen.
  (if (i32.ge_u (i32.sub (local.get $n) (local.get $i)) (i32.const 8))
    (then
      (local.set $low
        (v128.load $src align=2 (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (if (i32.eqz (v128.any_true (v128.and (local.get $low) (local.get $above))))
        (then
          (v128.store64_lane $dst align=1 0
            (i32.add (local.get $dst) (local.get $i))
            (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
          (local.set $i (i32.add (local.get $i) (i32.const 8)))))))
  (block $units
    (loop $next
      (br_if $units (i32.eq (local.get $i) (local.get $n)))
      (local.set $unit (i32.load16_u $src (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (br_if $units (i32.ge_u (local.get $unit) (local.get $limit)))
      (i32.store8 $dst (i32.add (local.get $dst) (local.get $i)) (local.get $unit))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $i))
