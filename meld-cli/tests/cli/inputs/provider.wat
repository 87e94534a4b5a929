;; Exports one function in two versions, and one of a type that nobody expects.
(component
  (core module $m
    (func (export "one") (result i32) (i32.const 1))
    (func (export "two") (result i64) (i64.const 2)))
  (core instance $i (instantiate $m))
  (func $one (result u32) (canon lift (core func $i "one")))
  (func $two (result u64) (canon lift (core func $i "two")))
  (instance $interface (export "get" (func $one)))
  (export "test:link/number@1.2.0" (instance $interface))
  (export "other" (func $one))
  (export "wide" (func $two)))
