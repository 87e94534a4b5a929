;; Copies a UTF-16 string of `bytes` bytes, and traps where it is malformed. Returns the bitwise or of its
;; units, which tells whether all of them are Latin-1.
(func $copy_utf16 (export "copy_utf16") (param $src i32) (param $dst i32) (param $bytes i32) (result i32)
  (local $end i32) (local $unit i32) (local $word i64) (local $test i64) (local $seen i64)
  (local.set $end (i32.add (local.get $src) (local.get $bytes)))
  (loop $next
    ;; Four units, if none of them is a surrogate: D800 is the least of those whose upper five bits are 11011.
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $src)) (i32.const 8))
      (then
        (local.set $word (i64.load $src align=2 (local.get $src)))
        (local.set $test
          (i64.xor
            (i64.and (local.get $word) (i64.const 0xf800_f800_f800_f800))
            (i64.const 0xd800_d800_d800_d800)))
        ;; Whether a unit of `$test` is zero. Says so of some others as well, which do no harm.
        (if (i64.eqz
              (i64.and
                (i64.and
                  (i64.sub (local.get $test) (i64.const 0x0001_0001_0001_0001))
                  (i64.xor (local.get $test) (i64.const -1)))
                (i64.const 0x8000_8000_8000_8000)))
          (then
            (i64.store $dst align=2 (local.get $dst) (local.get $word))
            (local.set $seen (i64.or (local.get $seen) (local.get $word)))
            (local.set $src (i32.add (local.get $src) (i32.const 8)))
            (local.set $dst (i32.add (local.get $dst) (i32.const 8)))
            (br $next)))))
    (if (i32.lt_u (local.get $src) (local.get $end))
      (then
        (local.set $unit (i32.load16_u $src (local.get $src)))
        (i32.store16 $dst (local.get $dst) (local.get $unit))
        (local.set $seen (i64.or (local.get $seen) (i64.extend_i32_u (local.get $unit))))
        (local.set $src (i32.add (local.get $src) (i32.const 2)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 2)))
        (br_if $next (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800)))
        ;; D800..DBFF, and then DC00..DFFF.
        (if (i32.and (local.get $unit) (i32.const 0x400))
          (then (call $trap_utf16) (unreachable)))
        (if (i32.eq (local.get $src) (local.get $end))
          (then (call $trap_utf16) (unreachable)))
        (local.set $unit (i32.load16_u $src (local.get $src)))
        (if (i32.ne (i32.and (local.get $unit) (i32.const 0xfc00)) (i32.const 0xdc00))
          (then (call $trap_utf16) (unreachable)))
        (i32.store16 $dst (local.get $dst) (local.get $unit))
        (local.set $src (i32.add (local.get $src) (i32.const 2)))
        (local.set $dst (i32.add (local.get $dst) (i32.const 2)))
        (br $next))))
  (local.set $seen (i64.or (local.get $seen) (i64.shr_u (local.get $seen) (i64.const 32))))
  (i32.and
    (i32.wrap_i64 (i64.or (local.get $seen) (i64.shr_u (local.get $seen) (i64.const 16))))
    (i32.const 0xffff)))
