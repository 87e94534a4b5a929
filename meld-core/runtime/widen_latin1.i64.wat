;; Copies `n` bytes, each to 16 bits: Latin-1 to UTF-16.
(func $widen_latin1 (param $src i32) (param $dst i32) (param $n i32)
  (local $i i32)
  (block $done
    (loop $byte
      (br_if $done (i32.eq (local.get $i) (local.get $n)))
      (i32.store16 $dst
        (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1)))
        (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $byte))))
