;; (string, option<string>) as two parameters: two pointers, one of them conditional, and a slot between them.

(component
  (component $Provider
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 4096))
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; 1000 for a second string, 10 per byte of the first, 1 per byte of the second, and the first bytes
      ;; must be where the pointers say.
      (func (export "f") (param $p i32) (param $n i32) (param $some i32) (param $q i32) (param $m i32) (result i32)
        (if (i32.ne (i32.load8_u (local.get $p)) (i32.const 97)) (then unreachable))
        (if (local.get $some)
          (then (if (i32.ne (i32.load8_u (local.get $q)) (i32.const 122)) (then unreachable)))
          (else (if (i32.or (local.get $q) (local.get $m)) (then unreachable))))
        (i32.add (i32.mul (local.get $some) (i32.const 1000))
          (i32.add (i32.mul (local.get $n) (i32.const 10)) (local.get $m)))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "a" string) (param "b" (option string)) (result u32)
      (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Consumer
    (import "f" (func $f (param "a" string) (param "b" (option string)) (result u32)))
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
      (import "libc" "memory" (memory 1))
      (import "" "f" (func $f (param i32 i32 i32 i32 i32) (result i32)))
      (data (i32.const 100) "abc")
      (data (i32.const 200) "zy")
      (func (export "some") (result i32)
        (call $f (i32.const 100) (i32.const 3) (i32.const 1) (i32.const 200) (i32.const 2)))
      ;; Junk in the slots of none must not arrive.
      (func (export "none") (result i32)
        (call $f (i32.const 100) (i32.const 3) (i32.const 0) (i32.const -1) (i32.const -1))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f))))))
    (func (export "some") (result u32) (canon lift (core func $m "some")))
    (func (export "none") (result u32) (canon lift (core func $m "none"))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "f" (func $provider "f"))))
  (export "some" (func $consumer "some"))
  (export "none" (func $consumer "none")))

(assert_return (invoke "some") (u32.const 1032))
(assert_return (invoke "none") (u32.const 30))
