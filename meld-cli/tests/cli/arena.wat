;; Two guests, each with a memory, that leave allocation to the embedder.
;;
;; RUN[none]: fuse % -t
;; RUN[embedder]: fuse % -t --memory shared --arena 4KiB --passthrough env::__cabi_arena_realloc
;; RUN[map]: fuse % -o %tmp/x --memory shared --bind-arena 4KiB --map
;; RUN[wit]: fuse % -o %tmp/x --memory shared --bind-arena 4KiB --component --wit -
;; FAIL[unsized]: fuse % -o %tmp/x --memory shared
;; FAIL[memories]: fuse % -o %tmp/x --passthrough env::__cabi_arena_realloc
;; FAIL[no-windows]: fuse % -o %tmp/x --arena 4KiB
;; FAIL[bind-no-windows]: fuse % -o %tmp/x --bind-arena 4KiB
;; FAIL[both]: fuse % -o %tmp/x --memory shared --arena 4KiB --bind-arena 4KiB
;; FAIL[bound-and-passed]: fuse % -o %tmp/x --memory shared --bind-arena 4KiB --passthrough env::__cabi_arena_realloc
;; RUN[isolated]: fuse % -t --memory shared --bind-arena 4KiB --isolate
;; FAIL[size]: fuse % -o %tmp/x --memory shared --arena 100
;; FAIL[large]: fuse % -o %tmp/x --memory shared --arena 4GiB
;; USAGE[not-a-size]: fuse % -o %tmp/x --memory shared --arena 4KX
;; FAIL[unknown]: fuse % -o %tmp/x --passthrough env::__cabi_arena_alloc
;; FAIL[twice]: fuse % -o %tmp/x --memory shared --arena 4KiB --passthrough env::__cabi_arena_realloc --passthrough env::cabi_arena_realloc
;; USAGE[no-field]: fuse % -o %tmp/x --passthrough __cabi_arena_realloc
(component
  (import "cabi-arena-realloc" (func $realloc
    (param "p0" u32) (param "p1" u32) (param "p2" u32) (param "p3" u32) (result u32)))
  (component $guest
    (import "realloc" (func $realloc
      (param "p0" u32) (param "p1" u32) (param "p2" u32) (param "p3" u32) (result u32)))
    (core func $realloc (canon lower (func $realloc)))
    (core module $m
      (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "run") (result i32)
        (local $at i32)
        (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 16)))
        (i32.store (local.get $at) (i32.const 7))
        (i32.load (local.get $at))))
    (core instance $m (instantiate $m (with "" (instance (export "realloc" (func $realloc))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $a (instantiate $guest (with "realloc" (func $realloc))))
  (instance $b (instantiate $guest (with "realloc" (func $realloc))))
  (export "a" (func $a "run"))
  (export "b" (func $b "run")))
