;; The checks of `load_string_from_range` that do not look at the contents.
(func $check_source (param $ptr i32) (param $bytes i32) (param $align i32)
  (if (i32.gt_u (local.get $bytes) (i32.const 0x0fff_ffff)) ;; MAX_STRING_BYTE_LENGTH
    (then (call $trap_string_too_long) (unreachable)))
  (if (i32.and (local.get $ptr) (i32.sub (local.get $align) (i32.const 1)))
    (then (call $trap_pointer_unaligned) (unreachable)))
  ;; In 64 bits: neither the end of the string nor the size of a full memory fits into 32. An empty string
  ;; must lie inside as well.
  (if (i64.gt_u
        (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $bytes)))
        (i64.shl (i64.extend_i32_u (memory.size $src)) (i64.extend_i32_u (global.get $src_page_log2))))
    (then (call $trap_string_out_of_bounds) (unreachable))))
