;; Copies `n` bytes, 0 < `n` < 8, and returns them as a number, the first one lowest.
(func $copy_word (export "copy_word") (param $src i32) (param $dst i32) (param $n i32) (result i64)
  (local $first i32) (local $middle i32) (local $last i32)
  (if (i32.ge_u (local.get $n) (i32.const 4))
    (then
      ;; Two halves that overlap.
      (local.set $first (i32.load $src align=1 (local.get $src)))
      (local.set $last (i32.load $src align=1 (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 4))))
      (i32.store $dst align=1 (local.get $dst) (local.get $first))
      (i32.store $dst align=1 (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 4)) (local.get $last))
      (return
        (i64.or
          (i64.extend_i32_u (local.get $first))
          (i64.shl
            (i64.extend_i32_u (local.get $last))
            (i64.extend_i32_u (i32.shl (i32.sub (local.get $n) (i32.const 4)) (i32.const 3))))))))
  ;; One to three: the first, the one at `n / 2` and the last, which may be the same.
  (local.set $first (i32.load8_u $src (local.get $src)))
  (local.set $middle (i32.load8_u $src (i32.add (local.get $src) (i32.shr_u (local.get $n) (i32.const 1)))))
  (local.set $last (i32.load8_u $src (i32.sub (i32.add (local.get $src) (local.get $n)) (i32.const 1))))
  (i32.store8 $dst (local.get $dst) (local.get $first))
  (i32.store8 $dst (i32.add (local.get $dst) (i32.shr_u (local.get $n) (i32.const 1))) (local.get $middle))
  (i32.store8 $dst (i32.sub (i32.add (local.get $dst) (local.get $n)) (i32.const 1)) (local.get $last))
  (i64.extend_i32_u
    (i32.or
      (local.get $first)
      (i32.or
        (i32.shl (local.get $middle) (i32.shl (i32.shr_u (local.get $n) (i32.const 1)) (i32.const 3)))
        (i32.shl (local.get $last) (i32.shl (i32.sub (local.get $n) (i32.const 1)) (i32.const 3)))))))
