;; `store_utf8_to_utf16`: room for a unit per byte, then shrunk to what was used.
(func $from_utf8 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32) (local $worst i32) (local $used i32)
  (local.set $worst (i32.shl (local.get $bytes) (i32.const 1)))
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $worst)))
  (local.set $used
    (i32.sub
      (call $utf8_to_utf16 (local.get $src) (i32.add (local.get $src) (local.get $bytes)) (local.get $ptr))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 2) (local.get $used)))))
  (local.get $ptr)
  (i32.shr_u (local.get $used) (i32.const 1)))
