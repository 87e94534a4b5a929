;; Three memories in one: a provider that grows, a consumer that does not, and one whose growth nobody reaches.
;;
;; RUN[text]: fuse % -t --memory shared --heap provider=64KiB
;; RUN[map]: fuse % -o %tmp/x --memory shared --heap 64k --map
;; RUN[map-star]: fuse % -o %tmp/x --memory shared --address-rebase --heap *=0x1_0000 --map
;; RUN[report]: fuse % -o %tmp/x --memory shared --heap provider/allocator=131_072 --report -
;; RUN[plan]: inspect % --memory shared --heap provider=64KiB --isolate --handles 10
;; FAIL[no-bound]: fuse % -o %tmp/x --memory shared --heap consumer=64KiB
;; FAIL[unbounded]: fuse % -o %tmp/x --memory shared
;; FAIL[no-shared]: fuse % -o %tmp/x --address-rebase
;; FAIL[no-windows]: fuse % -o %tmp/x --isolate
;; FAIL[heap-name]: fuse % -o %tmp/x --memory shared --heap provder=64KiB
;; FAIL[heap-shadowed]: fuse % -o %tmp/x --memory shared --heap provider=64KiB --heap provider/allocator=64KiB
;; USAGE[heap-name-only]: fuse % -o %tmp/x --memory shared --heap provider
;; USAGE[heap-size]: fuse % -o %tmp/x --memory shared --heap provider=64KX
;; USAGE[page-bytes]: fuse % -o %tmp/x --memory shared --page-size 512
;; FAIL[no-map]: fuse % -o %tmp/x --map
;; FAIL[heap-pages]: fuse % -o %tmp/x --memory shared --heap *=100000
;; FAIL[heap-twice]: fuse % -o %tmp/x --memory shared --heap 64K --heap *=128KiB
;; FAIL[heap-large]: fuse % -o %tmp/x --memory shared --heap *=3GiB
;; FAIL[handles]: fuse % -o %tmp/x --memory shared --handles 0
;; USAGE[pack-alone]: fuse % -o %tmp/x --memory shared --pack
;; FAIL[pack]: fuse % -o %tmp/x --memory shared --pack=assume-heap-base
;; FAIL[pack-heap]: fuse % -o %tmp/x --memory shared --pack=assume-heap-base --heap 64K
;; FAIL[page-size]: fuse % -o %tmp/x --memory shared --page-size 1 --component
(component
  (component $provider
    (core module $allocator
      (memory $m (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func $more (param $bytes i32)
        (drop (memory.grow (i32.shr_u (i32.add (local.get $bytes) (i32.const 0xffff)) (i32.const 16)))))
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (i32.add (global.get $next) (local.get 3)) (i32.shl (memory.size) (i32.const 16)))
          (then (call $more (local.get 3))))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3))))
      (func (export "length") (param i32 i32) (result i32) (local.get 1)))
    (core instance $allocator (instantiate $allocator))
    (func (export "length") (param "s" (list u8)) (result u32)
      (canon lift (core func $allocator "length") (memory (core memory $allocator "memory")) (realloc (core func $allocator "realloc")))))
  (component $consumer
    (import "length" (func $length (param "s" (list u8)) (result u32)))
    (core module $libc
      (memory (export "memory") 1)
      (data (i32.const 64) "hello")
      (func $nobody (export "grow") (result i32) (memory.grow (i32.const 1))))
    (core instance $libc (instantiate $libc))
    (core func $lowered (canon lower (func $length) (memory (core memory $libc "memory"))))
    (core module $main
      (import "" "length" (func $length (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $length (i32.const 64) (i32.const 5))))
    (core instance $main (instantiate $main (with "" (instance (export "length" (func $lowered))))))
    (func (export "run") (result u32) (canon lift (core func $main "run"))))
  (instance $provider (instantiate $provider))
  (instance $consumer (instantiate $consumer (with "length" (func $provider "length"))))
  (export "run" (func $consumer "run")))
