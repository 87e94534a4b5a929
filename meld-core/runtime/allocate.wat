;; `reallocate`, and `allocate` where `old` and `old_bytes` are 0: calls the destination's realloc and
;; checks what it returned. The memory may have grown, so its size is read after the call.
(func $allocate (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
  (local $ptr i32)
  (local.set $ptr
    (call $realloc (local.get $old) (local.get $old_bytes) (local.get $align) (local.get $bytes)))
  (if (i32.and (local.get $ptr) (i32.sub (local.get $align) (i32.const 1)))
    (then (call $trap_realloc_unaligned) (unreachable)))
  (if (i64.gt_u
        (i64.add (i64.extend_i32_u (local.get $ptr)) (i64.extend_i32_u (local.get $bytes)))
        (i64.shl (i64.extend_i32_u (memory.size $dst)) (i64.extend_i32_u (global.get $dst_page_log2))))
    (then (call $trap_realloc_out_of_bounds) (unreachable)))
  (local.get $ptr))
