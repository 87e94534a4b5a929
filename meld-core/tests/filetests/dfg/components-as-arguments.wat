;; A component and a module go through two levels as arguments and are instantiated at the bottom, twice
;; each: every time with state of its own.
(component
  (core module $counter (global $n (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (component $given
    (import "m" (core module $m (export "count" (func (result i32)))))
    (core instance $i (instantiate $m))
    (func (export "count") (result u32) (canon lift (core func $i "count"))))
  (component $low
    (import "m" (core module $m (export "count" (func (result i32)))))
    (import "c" (component $c
      (import "m" (core module (export "count" (func (result i32)))))
      (export "count" (func (result u32)))))
    (instance $one (instantiate $c (with "m" (core module $m))))
    (instance $two (instantiate $c (with "m" (core module $m))))
    (export "one" (func $one "count"))
    (export "two" (func $two "count")))
  (component $middle
    (import "m" (core module $m (export "count" (func (result i32)))))
    (import "c" (component $c
      (import "m" (core module (export "count" (func (result i32)))))
      (export "count" (func (result u32)))))
    (alias outer 1 $low (component $low))
    (instance $low (instantiate $low (with "m" (core module $m)) (with "c" (component $c))))
    (export "one" (func $low "one"))
    (export "two" (func $low "two")))
  (instance $middle (instantiate $middle (with "m" (core module $counter)) (with "c" (component $given))))
  (export "one" (func $middle "one"))
  (export "two" (func $middle "two")))
