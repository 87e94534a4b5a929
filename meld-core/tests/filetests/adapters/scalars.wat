;; Narrow integers, bool and char: nothing but the conversions that the ABI asks for.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32 i32 i32 i32 i64 f32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func (export "f") (param "a" u8) (param "b" s16) (param "c" bool) (param "d" char) (param "e" u64) (param "f" f32) (result s8)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
  (component $consumer
    (import "p" (instance $p
      (export "f" (func (param "a" u8) (param "b" s16) (param "c" bool) (param "d" char) (param "e" u64) (param "f" f32) (result s8)))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core module $m
      (import "p" "f" (func $f (param i32 i32 i32 i32 i64 f32) (result i32)))
      (func (export "run") unreachable)
      (export "f" (func $f)))
    (core instance $i (instantiate $m (with "p" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p))))
  (export "run" (func $c "run")))
