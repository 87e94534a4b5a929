;; `load_string` where the source is `latin1+utf16`: the top bit of the length, `utf16_tag`, says which.
(func (export "transcode") (param $ptr i32) (param $tagged i32) (result i32 i32)
  (local $units i32)
  (if (result i32 i32) (i32.lt_s (local.get $tagged) (i32.const 0))
    (then
      (local.set $units (i32.xor (local.get $tagged) (i32.const 0x8000_0000)))
      ;; Before doubling, which could wrap around: 2 * units > MAX_STRING_BYTE_LENGTH.
      (if (i32.gt_u (local.get $units) (i32.const 0x07ff_ffff))
        (then (call $trap_string_too_long) (unreachable)))
      (call $check_source (local.get $ptr) (i32.shl (local.get $units) (i32.const 1)) (i32.const 2))
      (call $from_utf16 (local.get $ptr) (local.get $units)))
    (else
      ;; Latin-1 is held to the same alignment as UTF-16.
      (call $check_source (local.get $ptr) (local.get $tagged) (i32.const 2))
      (call $from_latin1 (local.get $ptr) (local.get $tagged)))))
