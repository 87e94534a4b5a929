;; The code point that starts at `src` in the UTF-8 of [src, end), which is not empty, and its length. Traps on
;; anything that is not in table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences". The sequence
;; is looked at as one little-endian number of four bytes, with zeros for what lies beyond the end: a zero
;; continues nothing.
(func $decode_utf8 (export "decode_utf8") (param $src i32) (param $end i32) (result (;code point;) i32 (;bytes;) i32)
  (local $word i32) (local $c i32)
  (local.set $word
    (if (result i32) (i32.ge_u (i32.sub (local.get $end) (local.get $src)) (i32.const 4))
      (then (i32.load $src align=1 (local.get $src)))
      (else (call $load_tail (local.get $src) (i32.sub (local.get $end) (local.get $src))))))
  (if (i32.eqz (i32.and (local.get $word) (i32.const 0x80)))
    (then (return (i32.and (local.get $word) (i32.const 0x7f)) (i32.const 1))))
  (block $malformed
    (if (i32.eq (i32.and (local.get $word) (i32.const 0xc0e0)) (i32.const 0x80c0))
      (then
        (local.set $c
          (i32.or
            (i32.shl (i32.and (local.get $word) (i32.const 0x1f)) (i32.const 6))
            (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x3f))))
        (br_if $malformed (i32.lt_u (local.get $c) (i32.const 0x80))) ;; overlong
        (return (local.get $c) (i32.const 2))))
    (if (i32.eq (i32.and (local.get $word) (i32.const 0xc0_c0f0)) (i32.const 0x80_80e0))
      (then
        (local.set $c
          (i32.or
            (i32.or
              (i32.shl (i32.and (local.get $word) (i32.const 0x0f)) (i32.const 12))
              (i32.shr_u (i32.and (local.get $word) (i32.const 0x3f00)) (i32.const 2)))
            (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0x3f))))
        (br_if $malformed (i32.lt_u (local.get $c) (i32.const 0x800))) ;; overlong
        (br_if $malformed (i32.eq (i32.shr_u (local.get $c) (i32.const 11)) (i32.const 0x1b))) ;; D800..DFFF
        (return (local.get $c) (i32.const 3))))
    (br_if $malformed
      (i32.ne (i32.and (local.get $word) (i32.const 0xc0c0_c0f8)) (i32.const 0x8080_80f0)))
    (local.set $c
      (i32.or
        (i32.or
          (i32.shl (i32.and (local.get $word) (i32.const 0x07)) (i32.const 18))
          (i32.shl (i32.and (local.get $word) (i32.const 0x3f00)) (i32.const 4)))
        (i32.or
          (i32.shr_u (i32.and (local.get $word) (i32.const 0x3f_0000)) (i32.const 10))
          (i32.and (i32.shr_u (local.get $word) (i32.const 24)) (i32.const 0x3f)))))
    ;; Overlong below 10000, nothing above 10FFFF.
    (br_if $malformed
      (i32.ge_u (i32.sub (local.get $c) (i32.const 0x1_0000)) (i32.const 0x10_0000)))
    (return (local.get $c) (i32.const 4)))
  (call $trap_utf8)
  (unreachable))

;; One to three bytes as a number.
(func $load_tail (export "load_tail") (param $src i32) (param $n i32) (result i32)
  (if (i32.eq (local.get $n) (i32.const 1))
    (then (return (i32.load8_u $src (local.get $src)))))
  (if (i32.eq (local.get $n) (i32.const 2))
    (then (return (i32.load16_u $src align=1 (local.get $src)))))
  (i32.or
    (i32.load16_u $src align=1 (local.get $src))
    (i32.shl (i32.load8_u $src offset=2 (local.get $src)) (i32.const 16))))
