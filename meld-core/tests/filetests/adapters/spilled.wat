;; More than sixteen flat parameters: one pointer on each side, the callee's memory allocated first.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (type $t (tuple u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64))
    (func (export "f") (param "t" $t) (param "s" string) (result u32)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
  (component $consumer
    (import "p" (instance $p
      (type $t (tuple u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64 u64))
      (export "f" (func (param "t" $t) (param "s" string) (result u32)))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core module $m
      (import "p" "f" (func $f (param i32) (result i32)))
      (func (export "run") unreachable)
      (export "f" (func $f)))
    (core instance $i (instantiate $m (with "p" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p))))
  (export "run" (func $c "run")))
