;; Reads the code point at `p` < `end` of a UTF-16 string. Traps on a surrogate without its partner.
(func $decode_utf16 (param $p i32) (param $end i32) (result (;code point;) i32 (;bytes;) i32)
  (local $unit i32) (local $low i32)
  (local.set $unit (i32.load16_u $src (local.get $p)))
  (if (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
    (then (return (local.get $unit) (i32.const 2))))
  ;; D800..DBFF leads; DC00..DFFF must follow one.
  (if (i32.ge_u (local.get $unit) (i32.const 0xdc00))
    (then (call $trap_utf16) (unreachable)))
  (if (i32.eq (i32.add (local.get $p) (i32.const 2)) (local.get $end))
    (then (call $trap_utf16) (unreachable)))
  (if (i32.ge_u
        (local.tee $low (i32.sub (i32.load16_u $src offset=2 (local.get $p)) (i32.const 0xdc00)))
        (i32.const 0x400))
    (then (call $trap_utf16) (unreachable)))
  (i32.add
    (i32.const 0x1_0000)
    (i32.or (i32.shl (i32.and (local.get $unit) (i32.const 0x3ff)) (i32.const 10)) (local.get $low)))
  (i32.const 4))
