;; `store_string_copy` from UTF-16 to UTF-16, validated on the way.
(func $from_utf16 (param $src i32) (param $units i32) (result i32 i32)
  (local $ptr i32) (local $bytes i32)
  (local.set $bytes (i32.shl (local.get $units) (i32.const 1)))
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $bytes)))
  (drop (call $copy_utf16 (local.get $src) (local.get $ptr) (local.get $bytes)))
  (local.get $ptr) (local.get $units))
