;; Components inside components; instances are named by the way down to them.
(component
  (component $outer
    (component $inner
      (core module $m (func (export "f") (result i32) i32.const 7))
      (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))
    (instance $first (instantiate $inner))
    (instance $second (instantiate $inner))
    (export "first" (func $first "f"))
    (export "second" (func $second "f")))
  (instance $left (instantiate $outer))
  (instance (instantiate $outer))
  (export "left-first" (func $left "first"))
  (export "left-second" (func $left "second"))
  (export "right-first" (func 1 "first")))
