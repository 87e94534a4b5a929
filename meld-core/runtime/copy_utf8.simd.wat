;; Copies `n` bytes of UTF-8; traps where they are malformed. ASCII goes the short way: without a call, and
;; where the length is no multiple of the step, in two steps that overlap.
(func $copy_utf8 (export "copy_utf8") (param $src i32) (param $dst i32) (param $n i32)
  (local $i i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
  (if (i32.lt_u (local.get $n) (i32.const 16))
    (then (return (call $copy_short_utf8 (local.get $src) (local.get $dst) (local.get $n)))))
  (block $multibyte
    (block $last
      (block $single
        (br_if $single (i32.lt_u (local.get $n) (i32.const 64)))
        (loop $four
          (local.set $a (v128.load $src (i32.add (local.get $src) (local.get $i))))
          (local.set $b (v128.load $src offset=16 (i32.add (local.get $src) (local.get $i))))
          (local.set $c (v128.load $src offset=32 (i32.add (local.get $src) (local.get $i))))
          (local.set $d (v128.load $src offset=48 (i32.add (local.get $src) (local.get $i))))
          (br_if $multibyte
            (i8x16.bitmask
              (v128.or (v128.or (local.get $a) (local.get $b)) (v128.or (local.get $c) (local.get $d)))))
          (v128.store $dst (i32.add (local.get $dst) (local.get $i)) (local.get $a))
          (v128.store $dst offset=16 (i32.add (local.get $dst) (local.get $i)) (local.get $b))
          (v128.store $dst offset=32 (i32.add (local.get $dst) (local.get $i)) (local.get $c))
          (v128.store $dst offset=48 (i32.add (local.get $dst) (local.get $i)) (local.get $d))
          (local.set $i (i32.add (local.get $i) (i32.const 64)))
          (br_if $four (i32.le_u (local.get $i) (i32.sub (local.get $n) (i32.const 64))))))
      (loop $one
        (br_if $last (i32.gt_u (local.get $i) (i32.sub (local.get $n) (i32.const 16))))
        (local.set $a (v128.load $src (i32.add (local.get $src) (local.get $i))))
        (br_if $multibyte (i8x16.bitmask (local.get $a)))
        (v128.store $dst (i32.add (local.get $dst) (local.get $i)) (local.get $a))
        (local.set $i (i32.add (local.get $i) (i32.const 16)))
        (br $one)))
    ;; The last 16 bytes, some of which have been copied already.
    (local.set $a (v128.load $src (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 16))))
    (br_if $multibyte (i8x16.bitmask (local.get $a)))
    (v128.store $dst (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 16)) (local.get $a))
    (return))

  ;; Everything before `i` was ASCII. What is left after the last multiple of 16 is loaded here, to end in
  ;; zeros: lanes are moved down, and a lane number beyond 15 selects a zero.
  (local.set $src (i32.add (local.get $src) (local.get $i)))
  (local.set $dst (i32.add (local.get $dst) (local.get $i)))
  (local.set $n (i32.sub (local.get $n) (local.get $i)))
  (local.set $a (v128.load $src (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 16))))
  (v128.store $dst (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 16)) (local.get $a))
  (call $copy_multibyte
    (local.get $src) (local.get $dst)
    (i32.add (local.get $src) (i32.and (local.get $n) (i32.const -16)))
    (i8x16.swizzle
      (local.get $a)
      (i8x16.add
        (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
        (i8x16.splat (i32.sub (i32.const 16) (i32.and (local.get $n) (i32.const 15))))))))

;; The same for `n` < 16, with no access outside of the string.
(func $copy_short_utf8 (export "copy_short_utf8") (param $src i32) (param $dst i32) (param $n i32)
  (local $low i64) (local $high i64)
  (block $multibyte
    (if (i32.ge_u (local.get $n) (i32.const 8))
      (then
        (local.set $low (i64.load $src align=1 (local.get $src)))
        (local.set $high (i64.load $src align=1 (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 8))))
        (i64.store $dst align=1 (local.get $dst) (local.get $low))
        (i64.store $dst align=1
          (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 8))
          (local.get $high))
        (br_if $multibyte
          (i64.ne
            (i64.and (i64.or (local.get $low) (local.get $high)) (i64.const 0x8080_8080_8080_8080))
            (i64.const 0)))
        (return)))
    (if (i32.eqz (local.get $n)) (then (return)))
    ;; Fewer than 8: the string as one number.
    (local.set $low (call $copy_word (local.get $src) (local.get $dst) (local.get $n)))
    (if (i64.eqz (i64.and (local.get $low) (i64.const 0x8080_8080_8080_8080))) (then (return)))
    (return
      (call $copy_multibyte
        (local.get $src) (local.get $dst) (local.get $src)
        (i64x2.replace_lane 0 (v128.const i64x2 0 0) (local.get $low)))))
  ;; From the upper word, drop what is in the lower one as well. Twice, for a shift by 64 would be none.
  (call $copy_multibyte
    (local.get $src) (local.get $dst) (local.get $src)
    (i64x2.replace_lane 1
      (i64x2.splat (local.get $low))
      (i64.shr_u
        (i64.shr_u
          (local.get $high)
          (i64.extend_i32_u (i32.shl (i32.sub (i32.const 15) (local.get $n)) (i32.const 3))))
        (i64.const 8)))))
