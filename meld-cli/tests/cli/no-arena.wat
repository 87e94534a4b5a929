;; Nobody leaves allocation to the embedder.
;;
;; FAIL[arena]: fuse % -o %tmp/x --memory shared --arena 4KiB
;; FAIL[bind-arena]: fuse % -o %tmp/x --memory shared --bind-arena 4KiB
;; FAIL[passthrough]: fuse % -o %tmp/x --passthrough env::__cabi_arena_realloc
(component
  (core module $m
    (memory 1)
    (func (export "run") (result i32) (i32.load (i32.const 8))))
  (core instance $m (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
