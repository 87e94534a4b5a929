;; options: target=synth
;; Functions have one result, the imports of two interfaces have different fields, and two exports of one function are two functions.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
      (func (export "f") (param i32 i32) (result i32) (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "s" string) (result string)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16)))
  (component $consumer
    (import "p" (instance $p
      (export "f" (func (param "s" string) (result string)))))
    (import "a:b/x" (instance $x (export "read" (func (result u32)))))
    (import "a:b/y" (instance $y (export "read" (func (result u32)))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32)))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core func $x (canon lower (func $x "read")))
    (core func $y (canon lower (func $y "read")))
    (core module $m
      (import "p" "f" (func $f (param i32 i32 i32)))
      (import "x" "read" (func $x (result i32)))
      (import "y" "read" (func $y (result i32)))
      (import "libc" "memory" (memory 1))
      (func $two (result i32 i32) (call $x) (if (then (return (call $y) (i32.const 3)))) (i32.const 1) (call $y))
      (func (export "run") (call $f (call $two) (i32.const 8))))
    (core instance $i (instantiate $m
      (with "p" (instance (export "f" (func $f))))
      (with "x" (instance (export "read" (func $x))))
      (with "y" (instance (export "read" (func $y))))
      (with "libc" (instance $libc))))
    (func (export "run") (canon lift (core func $i "run")))
    (func (export "again") (canon lift (core func $i "run"))))
  (import "a:b/x" (instance $x (export "read" (func (result u32)))))
  (import "a:b/y" (instance $y (export "read" (func (result u32)))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p)) (with "a:b/x" (instance $x)) (with "a:b/y" (instance $y))))
  (export "run" (func $c "run"))
  (export "again" (func $c "again")))
