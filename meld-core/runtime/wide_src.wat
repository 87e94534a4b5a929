;; Where the source's memory has 64-bit addresses. What follows works on addresses of 32 bits: here they are
;; relative to `$src_base`, a multiple of 8 at or below the string's first byte, so that they tell alignment. A string
;; that could be longer than 32 bits tell is refused before.
(global $src_base (mut i64) (i64.const 0))
(func $enter (param $ptr i64) (param $len i64) (result i32 i32)
  (if (i64.gt_u (local.get $len) (i64.const 0x0fff_ffff)) ;; MAX_STRING_BYTE_LENGTH, and no unit is less than a byte
    (then (call $trap_string_too_long) (unreachable)))
  (global.set $src_base (i64.and (local.get $ptr) (i64.const -8)))
  (i32.wrap_i64 (i64.and (local.get $ptr) (i64.const 7)))
  (i32.wrap_i64 (local.get $len)))
;; Bytes from `$src_base` to the end of memory.
(func $src_room (result i64)
  (local $size i64)
  (local.set $size (i64.shl (memory.size $src) (i64.extend_i32_u (global.get $src_page_log2))))
  (if (i64.gt_u (global.get $src_base) (local.get $size))
    (then (call $trap_string_out_of_bounds) (unreachable)))
  (i64.sub (local.get $size) (global.get $src_base)))
