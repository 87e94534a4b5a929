;; options: component
;; A function of `async` type that cannot wait is a leaf, so neither it nor its caller needs tasks.
(component
  (component $leaf
    (core module $m (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "double") async (param "n" u32) (result u32) (canon lift (core func $i "double"))))
  (component $caller
    (import "double" (func $d async (param "n" u32) (result u32)))
    (core func $d (canon lower (func $d)))
    (core module $m
      (import "" "d" (func $d (param i32) (result i32)))
      (func (export "g") (param i32) (result i32) (call $d (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "d" (func $d))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $p (instantiate $leaf))
  (instance $c (instantiate $caller (with "double" (func $p "double"))))
  (export "g" (func $c "g")))
