;; Copies bytes below 80, up to `n`, each to 16 bits; returns how many.
(func $widen_ascii (param $src i32) (param $dst i32) (param $n i32) (result i32)
  (local $i i32) (local $byte i32)
  (block $bytes
    (loop $byte
      (br_if $bytes (i32.eq (local.get $i) (local.get $n)))
      (local.set $byte (i32.load8_u $src (i32.add (local.get $src) (local.get $i))))
      (br_if $bytes (i32.ge_u (local.get $byte) (i32.const 0x80)))
      (i32.store16 $dst (i32.add (local.get $dst) (i32.shl (local.get $i) (i32.const 1))) (local.get $byte))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $byte)))
  (local.get $i))
