;; What every transcoder is bound to. `src` is the memory of the lifting side, `dst` that of the lowering
;; side; they may be one memory. `page_log2` is the page size of each: 16 but for custom page sizes.
(import "src" "memory" (memory $src 0))
(import "dst" "memory" (memory $dst 0))
(import "src" "page_log2" (global $src_page_log2 i32))
(import "dst" "page_log2" (global $dst_page_log2 i32))
(import "dst" "realloc"
  (func $realloc (param $old i32) (param $old_bytes i32) (param $align i32) (param $bytes i32) (result i32)))
;; Traps. None of these returns.
(import "trap" "string-too-long" (func $trap_string_too_long))
(import "trap" "string-out-of-bounds" (func $trap_string_out_of_bounds))
(import "trap" "pointer-unaligned" (func $trap_pointer_unaligned))
(import "trap" "realloc-unaligned" (func $trap_realloc_unaligned))
(import "trap" "realloc-out-of-bounds" (func $trap_realloc_out_of_bounds))
(import "trap" "utf8" (func $trap_utf8))
(import "trap" "utf16" (func $trap_utf16))
