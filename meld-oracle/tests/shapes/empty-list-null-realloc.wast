;; An empty list or string still asks realloc, and whatever that returns for zero bytes is passed on: here 0.

(component
  (component $Provider
    (core module $M
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        ;; Nothing but nothing is asked for.
        (if (local.get 3) (then unreachable))
        (i32.const 0))
      (func (export "f") (param i32 i32 i32 i32) (result i32)
        (if (i32.or (i32.or (local.get 0) (local.get 1)) (i32.or (local.get 2) (local.get 3))) (then unreachable))
        (global.get $calls)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "s" string) (param "l" (list u32)) (result u32)
      (canon lift (core func $m "f") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $Consumer
    (import "f" (func $f (param "s" string) (param "l" (list u32)) (result u32)))
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 2048))
      (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
        (result i32)
        (local $ptr i32)
        (local.set $ptr
          (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                   (i32.sub (i32.const 0) (local.get $align))))
        (global.set $heap (i32.add (local.get $ptr) (local.get $size)))
        (memory.copy (local.get $ptr) (local.get $old)
          (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
        (local.get $ptr)))
    (core instance $libc (instantiate $Libc))
    (core func $f (canon lower (func $f) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "" "f" (func $f (param i32 i32 i32 i32) (result i32)))
      ;; The end of memory is a fine place for nothing.
      (func (export "run") (result i32) (call $f (i32.const 65536) (i32.const 0) (i32.const 65536) (i32.const 0)))
      (func (export "beyond") (result i32) (call $f (i32.const 65537) (i32.const 0) (i32.const 0) (i32.const 0))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "beyond") (result u32) (canon lift (core func $m "beyond"))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "f" (func $provider "f"))))
  (export "run" (func $consumer "run"))
  (export "beyond" (func $consumer "beyond")))

(assert_return (invoke "run") (u32.const 2))
(assert_trap (invoke "beyond") "string content out-of-bounds")
