;; Where the destination's memory has 64-bit addresses. As with a wide source: what follows has addresses relative to
;; `$dst_base`, which each realloc sets anew. It is 0 before the first one, as the old pointer has to be.
(global $dst_base (mut i64) (i64.const 0))
(func $realloc (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)
  (local $ptr i64)
  (local.set $ptr
    (call $realloc_i64
      (i64.add (global.get $dst_base) (i64.extend_i32_u (local.get $old)))
      (i64.extend_i32_u (local.get $old_bytes))
      (i64.extend_i32_u (local.get $align))
      (i64.extend_i32_u (local.get $bytes))))
  (global.set $dst_base (i64.and (local.get $ptr) (i64.const -8)))
  (i32.wrap_i64 (i64.and (local.get $ptr) (i64.const 7))))
;; Bytes from `$dst_base` to the end of memory.
(func $dst_room (result i64)
  (local $size i64)
  (local.set $size (i64.shl (memory.size $dst) (i64.extend_i32_u (global.get $dst_page_log2))))
  (if (i64.gt_u (global.get $dst_base) (local.get $size))
    (then (call $trap_realloc_out_of_bounds) (unreachable)))
  (i64.sub (local.get $size) (global.get $dst_base)))
