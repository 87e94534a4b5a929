;; `store_string_copy` from Latin-1 to Latin-1, which the absent tag says. Every byte is valid.
(func $from_latin1 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $bytes)))
  (memory.copy $dst $src (local.get $ptr) (local.get $src) (local.get $bytes))
  (local.get $ptr) (local.get $bytes))
