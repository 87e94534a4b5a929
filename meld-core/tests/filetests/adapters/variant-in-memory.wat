;; Through memory a case without payload needs no code, and cases of one payload type share it.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f")  (result i32) unreachable))
    (core instance $i (instantiate $m))
    (type $v (result string (error string)))
    (type $o (option u64))
    (type $t (tuple $v $o))
    (func (export "f")  (result $t)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
  (component $consumer
    (import "p" (instance $p
      (type $v (result string (error string)))
      (type $o (option u64))
      (type $t (tuple $v $o))
      (export "f" (func  (result $t)))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")) string-encoding=utf8))
    (core module $m
      (import "p" "f" (func $f (param i32) ))
      (func (export "run") unreachable)
      (export "f" (func $f)))
    (core instance $i (instantiate $m (with "p" (instance (export "f" (func $f))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "p" (instance $p))))
  (export "run" (func $c "run")))
