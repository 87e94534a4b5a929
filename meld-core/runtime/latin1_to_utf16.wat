;; `store_string_copy` from Latin-1 to UTF-16.
(func $from_latin1 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32)
  (local.set $ptr
    (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (i32.shl (local.get $bytes) (i32.const 1))))
  (call $widen_latin1 (local.get $src) (local.get $ptr) (local.get $bytes))
  (local.get $ptr) (local.get $bytes))
