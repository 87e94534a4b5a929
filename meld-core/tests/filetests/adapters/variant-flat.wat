;; Payloads that share slots: an i64 slot carries an f32 or a u64, unused ones are zero.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32 i32 i32 i32 i64)  unreachable))
    (core instance $i (instantiate $m))
    (type $o (option string))
    (type $r (result u64 (error f32)))
    (func (export "f") (param "o" $o) (param "r" $r) 
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
  (component $consumer
    (import "p" (instance $p
      (type $o (option string))
      (type $r (result u64 (error f32)))
      (export "f" (func (param "o" $o) (param "r" $r) ))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core module $m
      (import "p" "f" (func $f (param i32 i32 i32 i32 i64) ))
      (func (export "run") unreachable)
      (export "f" (func $f)))
    (core instance $i (instantiate $m (with "p" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p))))
  (export "run" (func $c "run")))
