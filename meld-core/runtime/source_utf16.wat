;; `load_string` where the source is `utf16`.
(func (export "transcode") (param $ptr i32) (param $units i32) (result i32 i32)
  ;; Before doubling, which could wrap around: 2 * units > MAX_STRING_BYTE_LENGTH.
  (if (i32.gt_u (local.get $units) (i32.const 0x07ff_ffff))
    (then (call $trap_string_too_long) (unreachable)))
  (call $check_source (local.get $ptr) (i32.shl (local.get $units) (i32.const 1)) (i32.const 2))
  (call $from_utf16 (local.get $ptr) (local.get $units)))
