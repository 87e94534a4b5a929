;; A string to another encoding and back, and post-return.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32 i32) (result i32) unreachable)
      (func (export "post") (param i32)))
    (core instance $i (instantiate $m))
    (func (export "f") (param "s" string) (result string)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16 (post-return (core func $i "post")))))
  (component $consumer
    (import "p" (instance $p
      (export "f" (func (param "s" string) (result string)))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core module $m
      (import "p" "f" (func $f (param i32 i32 i32) ))
      (func (export "run") unreachable)
      (export "f" (func $f)))
    (core instance $i (instantiate $m (with "p" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p))))
  (export "run" (func $c "run")))
