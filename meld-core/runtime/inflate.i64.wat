;; Turns `n` bytes at `p` into `n` 16-bit units at `p`, last one first so that none is overwritten unread.
(func $inflate (export "inflate") (param $p i32) (param $n i32)
  (block $done
    (loop $unit
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (i32.store16 $dst
        (i32.add (local.get $p) (i32.shl (local.get $n) (i32.const 1)))
        (i32.load8_u $dst (i32.add (local.get $p) (local.get $n))))
      (br $unit))))
