;; UTF-8 to UTF-8: `load_string_from_range` and `store_string_copy`, by far the most frequent pair. Hence what
;; the other pairs share as functions, `$check_source` and `$allocate`, is inline here. Validated and
;; copied in one pass: no program can tell whether the trap for malformed contents comes before the allocation.
(func (export "transcode") (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32)
  (if (i32.gt_u (local.get $bytes) (i32.const 0x0fff_ffff)) ;; MAX_STRING_BYTE_LENGTH
    (then (call $trap_string_too_long) (unreachable)))
  (if (i64.gt_u
        (i64.add (i64.extend_i32_u (local.get $src)) (i64.extend_i32_u (local.get $bytes)))
        (i64.shl (i64.extend_i32_u (memory.size $src)) (i64.extend_i32_u (global.get $src_page_log2))))
    (then (call $trap_string_out_of_bounds) (unreachable)))
  (local.set $ptr (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $bytes)))
  (if (i64.gt_u
        (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $bytes)))
        (i64.shl (i64.extend_i32_u (memory.size $dst)) (i64.extend_i32_u (global.get $dst_page_log2))))
    (then (call $trap_realloc_out_of_bounds) (unreachable)))
  (call $copy_utf8 (local.get $src) (local.get $ptr) (local.get $bytes))
  (local.get $ptr) (local.get $bytes))
