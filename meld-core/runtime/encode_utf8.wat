;; Writes code point `c` at `p` as UTF-8; returns the address after it.
(func $encode_utf8 (param $p i32) (param $c i32) (result i32)
  (if (i32.lt_u (local.get $c) (i32.const 0x80))
    (then
      (i32.store8 $dst (local.get $p) (local.get $c))
      (return (i32.add (local.get $p) (i32.const 1)))))
  (if (i32.lt_u (local.get $c) (i32.const 0x800))
    (then
      (i32.store8 $dst (local.get $p) (i32.or (i32.const 0xc0) (i32.shr_u (local.get $c) (i32.const 6))))
      (i32.store8 $dst offset=1 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 0)))
      (return (i32.add (local.get $p) (i32.const 2)))))
  (if (i32.lt_u (local.get $c) (i32.const 0x1_0000))
    (then
      (i32.store8 $dst (local.get $p) (i32.or (i32.const 0xe0) (i32.shr_u (local.get $c) (i32.const 12))))
      (i32.store8 $dst offset=1 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 6)))
      (i32.store8 $dst offset=2 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 0)))
      (return (i32.add (local.get $p) (i32.const 3)))))
  (i32.store8 $dst (local.get $p) (i32.or (i32.const 0xf0) (i32.shr_u (local.get $c) (i32.const 18))))
  (i32.store8 $dst offset=1 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 12)))
  (i32.store8 $dst offset=2 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 6)))
  (i32.store8 $dst offset=3 (local.get $p) (call $continuation_byte (local.get $c) (i32.const 0)))
  (i32.add (local.get $p) (i32.const 4)))

;; The continuation byte that holds six bits of `c`, from bit `shift`.
(func $continuation_byte (param $c i32) (param $shift i32) (result i32)
  (i32.or
    (i32.const 0x80)
    (i32.and (i32.shr_u (local.get $c) (local.get $shift)) (i32.const 0x3f))))
