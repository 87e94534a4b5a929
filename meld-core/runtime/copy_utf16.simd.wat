;; Copies a UTF-16 string of `bytes` bytes, and traps where it is malformed. Returns the bitwise or of its
;; units, which tells whether all of them are Latin-1.
;;
;; In blocks of eight units, and a last one that is filled up with zeros. A string is well-formed if its
;; trailing surrogates, and they alone, follow a leading one: two bit masks a block, one shifted by a unit,
;; must be equal. In the end, there is a zero that a leading surrogate cannot precede. Up to the first surrogate,
;; four blocks at once.
(func $copy_utf16 (export "copy_utf16") (param $src i32) (param $dst i32) (param $bytes i32) (result i32)
  (local $end i32) (local $left i32)
  (local $now v128) (local $top v128) (local $leads v128) (local $before v128) (local $errors v128) (local $seen v128)
  (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $least v128)
  (local $d800 v128) (local $dc00 v128) (local $fc00 v128)
  (local.set $d800 (i16x8.splat (i32.const 0xd800)))
  (local.set $dc00 (i16x8.splat (i32.const 0xdc00)))
  (local.set $fc00 (i16x8.splat (i32.const 0xfc00)))
  (local.set $end (i32.add (local.get $src) (local.get $bytes)))
  (block $surrogates
    (loop $four
      (br_if $surrogates (i32.lt_u (i32.sub (local.get $end) (local.get $src)) (i32.const 64)))
      (local.set $a (v128.load $src align=2 (local.get $src)))
      (local.set $b (v128.load $src offset=16 align=2 (local.get $src)))
      (local.set $c (v128.load $src offset=32 align=2 (local.get $src)))
      (local.set $d (v128.load $src offset=48 align=2 (local.get $src)))
      ;; D800..DFFF become 0..7FF, the least units there are.
      (local.set $least
        (i16x8.min_u
          (i16x8.min_u
            (v128.xor (local.get $a) (local.get $d800))
            (v128.xor (local.get $b) (local.get $d800)))
          (i16x8.min_u
            (v128.xor (local.get $c) (local.get $d800))
            (v128.xor (local.get $d) (local.get $d800)))))
      (br_if $surrogates
        (i32.eqz
          (i16x8.all_true
            (i16x8.sub_sat_u
              (local.get $least)
              (v128.const i16x8 0x7ff 0x7ff 0x7ff 0x7ff 0x7ff 0x7ff 0x7ff 0x7ff)))))
      (v128.store $dst align=2 (local.get $dst) (local.get $a))
      (v128.store $dst offset=16 align=2 (local.get $dst) (local.get $b))
      (v128.store $dst offset=32 align=2 (local.get $dst) (local.get $c))
      (v128.store $dst offset=48 align=2 (local.get $dst) (local.get $d))
      (local.set $seen
        (v128.or
          (local.get $seen)
          (v128.or (v128.or (local.get $a) (local.get $b)) (v128.or (local.get $c) (local.get $d)))))
      (local.set $src (i32.add (local.get $src) (i32.const 64)))
      (local.set $dst (i32.add (local.get $dst) (i32.const 64)))
      (br $four)))
  (block $done
    (loop $next
      (local.set $left (i32.sub (local.get $end) (local.get $src)))
      (if (i32.ge_u (local.get $left) (i32.const 16))
        (then
          (local.set $now (v128.load $src align=2 (local.get $src)))
          (v128.store $dst align=2 (local.get $dst) (local.get $now)))
        (else
          (if (i32.ge_u (local.get $bytes) (i32.const 16))
            (then
              ;; The last 16 bytes, stored as they are, and moved down to follow the block before.
              (local.set $now (v128.load $src align=2 (i32.sub (local.get $end) (i32.const 16))))
              (v128.store $dst align=2
                (i32.sub (i32.add (local.get $dst) (local.get $left)) (i32.const 16))
                (local.get $now))
              (local.set $now
                (i8x16.swizzle
                  (local.get $now)
                  (i8x16.add
                    (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
                    (i8x16.splat (i32.sub (i32.const 16) (local.get $left)))))))
            (else (local.set $now (call $copy_short_utf16 (local.get $src) (local.get $dst) (local.get $left)))))))
      (local.set $seen (v128.or (local.get $seen) (local.get $now)))
      (local.set $top (v128.and (local.get $now) (local.get $fc00)))
      (local.set $leads (i16x8.eq (local.get $top) (local.get $d800)))
      (local.set $errors
        (v128.or
          (local.get $errors)
          (v128.xor
            (i16x8.eq (local.get $top) (local.get $dc00))
            (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 (local.get $before) (local.get $leads)))))
      (br_if $done (i32.lt_u (local.get $left) (i32.const 16)))
      (local.set $before (local.get $leads))
      (local.set $src (i32.add (local.get $src) (i32.const 16)))
      (local.set $dst (i32.add (local.get $dst) (i32.const 16)))
      (br $next)))
  (if (v128.any_true (local.get $errors))
    (then (call $trap_utf16) (unreachable)))
  (local.set $seen
    (v128.or
      (local.get $seen)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $seen) (local.get $seen))))
  (local.set $seen (v128.or (local.get $seen) (i64x2.shr_u (local.get $seen) (i32.const 32))))
  (i16x8.extract_lane_u 0 (v128.or (local.get $seen) (i64x2.shr_u (local.get $seen) (i32.const 16)))))

;; Copies fewer than 16 bytes, an even number, with no access outside of the string. Returns them, then zeros.
(func $copy_short_utf16 (export "copy_short_utf16") (param $src i32) (param $dst i32) (param $bytes i32) (result v128)
  (local $units v128) (local $rest i64) (local $at i32) (local $unit i32)
  ;; From the last unit, so that each moves the ones after it up.
  (local.set $at (i32.and (local.get $bytes) (i32.const 6)))
  (block $words
    (loop $next
      (br_if $words (i32.eqz (local.get $at)))
      (local.set $at (i32.sub (local.get $at) (i32.const 2)))
      (local.set $unit
        (i32.load16_u $src
          (i32.add (i32.add (local.get $src) (i32.and (local.get $bytes) (i32.const 8))) (local.get $at))))
      (i32.store16 $dst
        (i32.add (i32.add (local.get $dst) (i32.and (local.get $bytes) (i32.const 8))) (local.get $at))
        (local.get $unit))
      (local.set $rest (i64.or (i64.shl (local.get $rest) (i64.const 16)) (i64.extend_i32_u (local.get $unit))))
      (br $next)))
  (if (i32.lt_u (local.get $bytes) (i32.const 8))
    (then (return (i64x2.replace_lane 0 (local.get $units) (local.get $rest)))))
  (local.set $units (v128.load64_zero $src align=2 (local.get $src)))
  (v128.store64_lane $dst align=2 0 (local.get $dst) (local.get $units))
  (i64x2.replace_lane 1 (local.get $units) (local.get $rest)))
