;; Turns `n` 16-bit units at `p`, all below 100, into `n` bytes at `p`.
(func $deflate (export "deflate") (param $p i32) (param $n i32)
  (local $i i32)
  (block $done
    (loop $unit
      (br_if $done (i32.eq (local.get $i) (local.get $n)))
      (i32.store8 $dst
        (i32.add (local.get $p) (local.get $i))
        (i32.load8_u $dst (i32.add (local.get $p) (i32.shl (local.get $i) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $unit))))
