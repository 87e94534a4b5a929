;; A stream of handles from one component to another: only asynchronous built-ins could make one, and there are none.
;; RUN: fuse % -o %tmp/x
(component
  (component $P
    (type $R' (resource (rep i32)))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core module $M (func (export "f") (param i32)))
    (core instance $m (instantiate $M))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $new)))
    (type $s (stream (own $R)))
    (func (export "f") (param "s" $s) (canon lift (core func $m "f"))))
  (component $U
    (import "r" (type $R (sub resource)))
    (type $s (stream (own $R)))
    (import "f" (func $f (param "s" $s)))
    (import "make" (func $make (param "rep" u32) (result (own $R))))
    (core func $f (canon lower (func $f)))
    (core func $make (canon lower (func $make)))
    (func (export "make") (param "x" u32) (result u32) (canon lift (core func $make)))
    (func (export "g") (param "x" u32) (canon lift (core func $f))))
  (instance $p (instantiate $P))
  (alias export $p "r" (type $R))
  (instance $u (instantiate $U (with "r" (type $R)) (with "f" (func $p "f")) (with "make" (func $p "make"))))
  (export "g" (func $u "g"))
  (export "make" (func $u "make")))
