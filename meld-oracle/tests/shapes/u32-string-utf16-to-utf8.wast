;; (u32, string) from a utf16 caller to a utf8 callee: the string's length is the third flat parameter and not
;; the second, and it is the one that changes.

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
      (func (export "f") (param $x i32) (param $p i32) (param $n i32) (result i32)
        ;; U+20AC in UTF-8.
        (if (i32.ne (i32.load16_u (local.get $p)) (i32.const 0x82e2)) (then unreachable))
        (if (i32.ne (i32.load8_u offset=2 (local.get $p)) (i32.const 0xac)) (then unreachable))
        (i32.add (i32.mul (local.get $x) (i32.const 100)) (local.get $n))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "x" u32) (param "s" string) (result u32)
      (canon lift (core func $m "f") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Consumer
    (import "f" (func $f (param "x" u32) (param "s" string) (result u32)))
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
    (core func $f (canon lower (func $f) string-encoding=utf16 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "libc" "memory" (memory 1))
      (import "" "f" (func $f (param i32 i32 i32) (result i32)))
      (data (i32.const 100) "\ac\20x\00y\00")
      (func (export "run") (result i32) (call $f (i32.const 7) (i32.const 100) (i32.const 3))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "f" (func $provider "f"))))
  (export "run" (func $consumer "run")))

(assert_return (invoke "run") (u32.const 705))
