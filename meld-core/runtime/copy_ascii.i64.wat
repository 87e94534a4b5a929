;; Copies bytes below 80, up to `n`; returns how many. May write anything up to `dst + n` after them.
(func $copy_ascii (export "copy_ascii") (param $src i32) (param $dst i32) (param $n i32) (result i32)
  (local $i i32) (local $word i64) (local $high i64) (local $byte i32)
  (block $words
    (loop $word
      (br_if $words (i32.gt_s (local.get $i) (i32.sub (local.get $n) (i32.const 8))))
      (local.set $word (i64.load $src align=1 (i32.add (local.get $src) (local.get $i))))
      (i64.store $dst align=1 (i32.add (local.get $dst) (local.get $i)) (local.get $word))
      (if (i64.ne (local.tee $high (i64.and (local.get $word) (i64.const 0x8080_8080_8080_8080))) (i64.const 0))
        (then
          (return
            (i32.add (local.get $i) (i32.shr_u (i32.wrap_i64 (i64.ctz (local.get $high))) (i32.const 3))))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br $word)))
  (block $bytes
    (loop $byte
      (br_if $bytes (i32.eq (local.get $i) (local.get $n)))
      (local.set $byte (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (br_if $bytes (i32.ge_u (local.get $byte) (i32.const 0x80)))
      (i32.store8 $dst (i32.add (local.get $dst) (local.get $i)) (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $byte)))
  (local.get $i))
