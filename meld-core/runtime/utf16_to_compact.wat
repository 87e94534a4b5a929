;; `store_string_to_latin1_or_utf16` from UTF-16: a byte per unit in the hope that all is Latin-1; from the
;; first unit that is not, UTF-16. Nothing is ever left to shrink: one unit of the source is one of the result.
(func $from_utf16 (param $src i32) (param $units i32) (result i32 i32)
  (local $ptr i32) (local $run i32) (local $bytes i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $units)))
  (local.set $run (call $narrow (local.get $src) (local.get $ptr) (local.get $units) (i32.const 0x100)))
  (if (i32.eq (local.get $run) (local.get $units))
    (then (return (local.get $ptr) (local.get $units))))
  (local.set $bytes (i32.shl (local.get $units) (i32.const 1)))
  (local.set $ptr (call $allocate (local.get $ptr) (local.get $units) (i32.const 2) (local.get $bytes)))
  (call $inflate (local.get $ptr) (local.get $run))
  (local.set $run (i32.shl (local.get $run) (i32.const 1)))
  (drop
    (call $copy_utf16
      (i32.add (local.get $src) (local.get $run))
      (i32.add (local.get $ptr) (local.get $run))
      (i32.sub (local.get $bytes) (local.get $run))))
  (local.get $ptr)
  (i32.or (local.get $units) (i32.const 0x8000_0000)))
