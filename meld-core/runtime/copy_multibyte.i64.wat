;; Copies and validates UTF-8 in [src, end), a code point at a time. The sequence at `src` is looked at as one
;; little-endian number of four bytes, with zeros for what lies beyond the end: a zero continues nothing.
(func $copy_multibyte (export "copy_multibyte") (param $src i32) (param $dst i32) (param $end i32)
  (local $word i32) (local $len i32)
  (loop $next
    (if (i32.eq (local.get $src) (local.get $end)) (then (return)))
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $src)) (i32.const 4))
      (then
        (local.set $word (i32.load $src align=1 (local.get $src)))
        (i32.store $dst align=1 (local.get $dst) (local.get $word))
        (if (i32.eqz (i32.and (local.get $word) (i32.const 0x8080_8080)))
          (then
            (local.set $src (i32.add (local.get $src) (i32.const 4)))
            (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
            (br $next))))
      (else
        (local.set $word
          (i32.wrap_i64
            (call $copy_word (local.get $src) (local.get $dst) (i32.sub (local.get $end) (local.get $src)))))))
    (local.set $len (i32.const 1))
    (block $checked
      (br_if $checked (i32.eqz (i32.and (local.get $word) (i32.const 0x80))))
      (block $malformed
        ;; 110aaaab 10bbbbbb: not overlong if some a is set.
        (local.set $len (i32.const 2))
        (if (i32.eq (i32.and (local.get $word) (i32.const 0xc0e0)) (i32.const 0x80c0))
          (then
            (br_if $checked (i32.and (local.get $word) (i32.const 0x1e)))
            (br $malformed)))
        ;; 1110aaaa 10abbbbb 10bbbbbb: not overlong if some a is set, and no surrogate unless they are 11011.
        (local.set $len (i32.const 3))
        (if (i32.eq (i32.and (local.get $word) (i32.const 0xc0_c0f0)) (i32.const 0x80_80e0))
          (then
            (br_if $malformed (i32.eqz (i32.and (local.get $word) (i32.const 0x200f))))
            (br_if $checked (i32.ne (i32.and (local.get $word) (i32.const 0x200f)) (i32.const 0x200d)))
            (br $malformed)))
        ;; 11110abb 10bbcccc and two more: from 10000 if a or some b is set, up to 10FFFF if not a and some b.
        (local.set $len (i32.const 4))
        (br_if $malformed
          (i32.ne (i32.and (local.get $word) (i32.const 0xc0c0_c0f8)) (i32.const 0x8080_80f0)))
        (br_if $malformed (i32.eqz (i32.and (local.get $word) (i32.const 0x3007))))
        (br_if $checked (i32.eqz (i32.and (local.get $word) (i32.const 0x04))))
        (br_if $checked (i32.eqz (i32.and (local.get $word) (i32.const 0x3003)))))
      (call $trap_utf8)
      (unreachable))
    (local.set $src (i32.add (local.get $src) (local.get $len)))
    (local.set $dst (i32.add (local.get $dst) (local.get $len)))
    (br $next)))
