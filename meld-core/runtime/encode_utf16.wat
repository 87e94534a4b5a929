;; Writes code point `c` at `p` as UTF-16; returns the address after it.
(func $encode_utf16 (param $p i32) (param $c i32) (result i32)
  (if (i32.lt_u (local.get $c) (i32.const 0x1_0000))
    (then
      (i32.store16 $dst (local.get $p) (local.get $c))
      (return (i32.add (local.get $p) (i32.const 2)))))
  (local.set $c (i32.sub (local.get $c) (i32.const 0x1_0000)))
  ;; The leading surrogate is the lower half of the store.
  (i32.store $dst align=2 (local.get $p)
    (i32.or
      (i32.or (i32.const 0xdc00_d800) (i32.shr_u (local.get $c) (i32.const 10)))
      (i32.shl (i32.and (local.get $c) (i32.const 0x3ff)) (i32.const 16))))
  (i32.add (local.get $p) (i32.const 4)))
