;; Converts UTF-8 in [src, end) to UTF-16 at `to`, where there is room for a unit per byte; returns the
;; address after it. Runs of ASCII go the fast way, the rest code point by code point.
(func $utf8_to_utf16 (export "utf8_to_utf16") (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $c i32) (local $len i32) (local $word i32)
  (loop $next
    (if (i32.eq (local.get $src) (local.get $end)) (then (return (local.get $to))))
    (local.set $c (i32.load8_u $src (local.get $src)))
    (if (i32.lt_u (local.get $c) (i32.const 0x80))
      (then
        ;; A run, if it is long enough to be worth the call.
        (block $single
          (br_if $single (i32.lt_u (i32.sub (local.get $end) (local.get $src)) (i32.const 8)))
          (br_if $single
            (i64.ne
              (i64.and (i64.load $src align=1 (local.get $src)) (i64.const 0x8080_8080_8080_8080))
              (i64.const 0)))
          (local.set $run
            (call $widen_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
          (local.set $src (i32.add (local.get $src) (local.get $run)))
          (local.set $to (i32.add (local.get $to) (i32.shl (local.get $run) (i32.const 1))))
          (br $next))
        (i32.store16 $dst (local.get $to) (local.get $c))
        (local.set $src (i32.add (local.get $src) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (br $next)))
    ;; Two and three bytes in line, if well-formed and not among the last four: see `$decode_utf8`.
    (if (i32.and
          (i32.lt_u (local.get $c) (i32.const 0xf0))
          (i32.ge_u (i32.sub (local.get $end) (local.get $src)) (i32.const 4)))
      (then
        (local.set $word (i32.load $src align=1 (local.get $src)))
        (if (i32.and
              (i32.eq (i32.and (local.get $word) (i32.const 0xc0e0)) (i32.const 0x80c0))
              (i32.ne (i32.and (local.get $word) (i32.const 0x1e)) (i32.const 0)))
          (then
            (i32.store16 $dst (local.get $to)
              (i32.or
                (i32.shl (i32.and (local.get $word) (i32.const 0x1f)) (i32.const 6))
                (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 0x3f))))
            (local.set $src (i32.add (local.get $src) (i32.const 2)))
            (local.set $to (i32.add (local.get $to) (i32.const 2)))
            (br $next)))
        (local.set $c
          (i32.or
            (i32.or
              (i32.shl (i32.and (local.get $word) (i32.const 0x0f)) (i32.const 12))
              (i32.shr_u (i32.and (local.get $word) (i32.const 0x3f00)) (i32.const 2)))
            (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 0x3f))))
        (if (i32.and
              (i32.eq (i32.and (local.get $word) (i32.const 0xc0_c0f0)) (i32.const 0x80_80e0))
              (i32.and
                (i32.ge_u (local.get $c) (i32.const 0x800))
                (i32.ne (i32.shr_u (local.get $c) (i32.const 11)) (i32.const 0x1b))))
          (then
            (i32.store16 $dst (local.get $to) (local.get $c))
            (local.set $src (i32.add (local.get $src) (i32.const 3)))
            (local.set $to (i32.add (local.get $to) (i32.const 2)))
            (br $next)))))
    (local.set $len (call $decode_utf8 (local.get $src) (local.get $end)))
    (local.set $c)
    (local.set $src (i32.add (local.get $src) (local.get $len)))
    (if (i32.lt_u (local.get $c) (i32.const 0x1_0000))
      (then
        (i32.store16 $dst (local.get $to) (local.get $c))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (br $next)))
    ;; A leading surrogate, which is the lower half of the number, and a trailing one.
    (local.set $c (i32.sub (local.get $c) (i32.const 0x1_0000)))
    (i32.store $dst align=2 (local.get $to)
      (i32.or
        (i32.or (i32.const 0xdc00_d800) (i32.shr_u (local.get $c) (i32.const 10)))
        (i32.shl (i32.and (local.get $c) (i32.const 0x3ff)) (i32.const 16))))
    (local.set $to (i32.add (local.get $to) (i32.const 4)))
    (br $next))
  (unreachable))
