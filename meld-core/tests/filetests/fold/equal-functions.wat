;; Two functions with equal bodies become one; a third has another constant.
(component
  (core module $m
    (func (export "one") (result i32) (i32.const 1))
    (func (export "also-one") (result i32) (i32.const 1))
    (func (export "two") (result i32) (i32.const 2)))
  (core instance $i (instantiate $m))
  (func (export "one") (result u32) (canon lift (core func $i "one")))
  (func (export "also-one") (result u32) (canon lift (core func $i "also-one")))
  (func (export "two") (result u32) (canon lift (core func $i "two"))))
