;; `store_probably_utf16_to_latin1_or_utf16`: copied as UTF-16, which the producer has chosen over Latin-1;
;; if all of it is Latin-1 after all, deflated in place.
(func $from_utf16 (param $src i32) (param $units i32) (result i32 i32)
  (local $ptr i32) (local $bytes i32)
  (local.set $bytes (i32.shl (local.get $units) (i32.const 1)))
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $bytes)))
  (if (i32.ge_u
        (call $copy_utf16 (local.get $src) (local.get $ptr) (local.get $bytes))
        (i32.const 0x100))
    (then (return (local.get $ptr) (i32.or (local.get $units) (i32.const 0x8000_0000)))))
  (call $deflate (local.get $ptr) (local.get $units))
  ;; Even where the string is empty. The specification asks for an alignment of 1 here, but will not lift a
  ;; string of this encoding from an odd address: a guest could not hand on what it was given. Wasmtime asks
  ;; for 2, and so do we.
  (call $allocate (local.get $ptr) (local.get $bytes) (i32.const 2) (local.get $units))
  (local.get $units))
