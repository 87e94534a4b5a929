;; A guest whose allocator is the embedder's.
;;
;; RUN: new % --import-passthrough env::__cabi_arena_realloc -t
;; RUN[fused]: new % --import-passthrough env::__cabi_arena_realloc | fuse - -o %tmp/x --wit -
;; FAIL[unknown]: new % -o %tmp/x
;; FAIL[absent]: new % --import-passthrough env::__cabi_arena_reallok -o %tmp/x
;; FAIL[component]: new pair.wat -o %tmp/x
;; USAGE[bad-name]: new % --import-passthrough __cabi_arena_realloc -o %tmp/x
;; USAGE[bad-adapter]: new % --adapt / -o %tmp/x
(module
  (import "env" "__cabi_arena_realloc" (func $arena (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $arena (local.get 0) (local.get 1) (local.get 2) (local.get 3))))
