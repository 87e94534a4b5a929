;; Turns `n` 16-bit units at `p`, all below 100, into `n` bytes at `p`, first ones first.
(func $deflate (export "deflate") (param $p i32) (param $n i32)
  (local $i i32) (local $from i32)
  (block $few
    (loop $next
      (br_if $few (i32.lt_u (i32.sub (local.get $n) (local.get $i)) (i32.const 16)))
      (local.set $from (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 1))))
      (v128.store $dst align=1
        (i32.add (local.get $p) (local.get $i))
        (i8x16.narrow_i16x8_u
          (v128.load $dst align=2 (local.get $from))
          (v128.load $dst offset=16 align=2 (local.get $from))))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br $next)))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $n)))
      (i32.store8 $dst
        (i32.add (local.get $p) (local.get $i))
        (i32.load8_u $dst (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))
