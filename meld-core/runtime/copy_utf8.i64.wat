;; Copies `n` bytes of UTF-8; traps where they are malformed. ASCII goes the short way, by words; where the
;; length is no multiple of eight, the last two words overlap.
(func $copy_utf8 (export "copy_utf8") (param $src i32) (param $dst i32) (param $n i32)
  (local $i i32) (local $word i64)
  (if (i32.lt_u (local.get $n) (i32.const 8))
    (then
      (if (i32.eqz (local.get $n)) (then (return)))
      (if (i64.ne
            (i64.and
              (call $copy_word (local.get $src) (local.get $dst) (local.get $n))
              (i64.const 0x8080_8080_8080_8080))
            (i64.const 0))
        (then
          (call $copy_multibyte
            (local.get $src) (local.get $dst) (i32.add (local.get $src) (local.get $n)))))
      (return)))
  (block $multibyte
    (block $last
      (loop $next
        (br_if $last (i32.gt_u (local.get $i) (i32.sub (local.get $n) (i32.const 8))))
        (local.set $word (i64.load $src align=1 (i32.add (local.get $src) (local.get $i))))
        (br_if $multibyte
          (i64.ne (i64.and (local.get $word) (i64.const 0x8080_8080_8080_8080)) (i64.const 0)))
        (i64.store $dst align=1 (i32.add (local.get $dst) (local.get $i)) (local.get $word))
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br $next)))
    (local.set $word (i64.load $src align=1 (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 8))))
    (br_if $multibyte
      (i64.ne (i64.and (local.get $word) (i64.const 0x8080_8080_8080_8080)) (i64.const 0)))
    (i64.store $dst align=1 (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 8)) (local.get $word))
    (return))
  (call $copy_multibyte
    (i32.add (local.get $src) (local.get $i))
    (i32.add (local.get $dst) (local.get $i))
    (i32.add (local.get $src) (local.get $n))))
