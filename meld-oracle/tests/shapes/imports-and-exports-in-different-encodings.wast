;; The component in the middle lowers its import as utf16 and lifts its export as utf8: the encoding is one of
;; the options of each canonical definition, not a fact about a component.

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
      ;; A latin1+utf16 guest: the length comes tagged where the content is wide.
      (func (export "f") (param $p i32) (param $n i32) (result i32) (local.get $n)))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "s" string) (result u32)
      (canon lift (core func $m "f") string-encoding=latin1+utf16 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Middle
    (import "f" (func $f (param "s" string) (result u32)))
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
      (import "libc" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (import "" "f" (func $f (param i32 i32) (result i32)))
      ;; ASCII in, widened by hand, utf16 out.
      (func (export "f") (param $p i32) (param $n i32) (result i32)
        (local $q i32) (local $i i32)
        (local.set $q (call $realloc (i32.const 0) (i32.const 0) (i32.const 2) (i32.mul (local.get $n) (i32.const 2))))
        (block $done
          (loop $next
            (br_if $done (i32.eq (local.get $i) (local.get $n)))
            (i32.store16 (i32.add (local.get $q) (i32.mul (local.get $i) (i32.const 2)))
              (i32.load8_u (i32.add (local.get $p) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
        (call $f (local.get $q) (local.get $n)))
      ;; One wide character.
      (data (i32.const 64) "\ac\20")
      (func (export "wide") (result i32) (call $f (i32.const 64) (i32.const 1))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f))))))
    (func (export "f") (param "s" string) (result u32)
      (canon lift (core func $m "f") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "wide") (result u32) (canon lift (core func $m "wide"))))
  (component $Caller
    (import "f" (func $f (param "s" string) (result u32)))
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 1024))
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
    (core func $f (canon lower (func $f) string-encoding=latin1+utf16 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "libc" "memory" (memory 1))
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (data (i32.const 64) "abcd")
      (data (i32.const 80) "a\00b\00c\00")
      (func (export "narrow") (result i32) (call $f (i32.const 64) (i32.const 4)))
      (func (export "tagged") (result i32) (call $f (i32.const 80) (i32.const 0x8000_0003))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f))))))
    (func (export "narrow") (result u32) (canon lift (core func $m "narrow")))
    (func (export "tagged") (result u32) (canon lift (core func $m "tagged"))))
  (instance $provider (instantiate $Provider))
  (instance $middle (instantiate $Middle (with "f" (func $provider "f"))))
  (instance $caller (instantiate $Caller (with "f" (func $middle "f"))))
  (export "narrow" (func $caller "narrow"))
  (export "tagged" (func $caller "tagged"))
  (export "wide" (func $middle "wide")))

(assert_return (invoke "narrow") (u32.const 4))
(assert_return (invoke "tagged") (u32.const 3))
(assert_return (invoke "wide") (u32.const 0x8000_0001))
