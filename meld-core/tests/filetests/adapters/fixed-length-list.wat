;; A short one is unrolled, a long one loops, one of plain numbers is copied.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
      (func (export "f") (param i32)  unreachable))
    (core instance $i (instantiate $m))
    (type $a (list bool 3))
    (type $b (list char 9))
    (type $c (list u32 40))
    (type $t (tuple $a $b $c))
    (func (export "f") (param "t" $t) 
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
  (component $consumer
    (import "p" (instance $p
      (type $a (list bool 3))
      (type $b (list char 9))
      (type $c (list u32 40))
      (type $t (tuple $a $b $c))
      (export "f" (func (param "t" $t) ))))
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
