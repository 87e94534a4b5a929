;; Two components import one function of the host with options that come to the same: one import is left.
(component
  (import "tick" (func $tick (param "n" u32)))
  (component $c
    (import "tick" (func $tick (param "n" u32)))
    (core module $memory (memory (export "memory") 1))
    (core module $m
      (import "" "tick" (func $tick (param i32)))
      (func (export "run") (call $tick (i32.const 1))))
    (core instance $memory (instantiate $memory))
    (core func $lowered (canon lower (func $tick) (memory (core memory $memory "memory"))))
    (core instance $i (instantiate $m (with "" (instance (export "tick" (func $lowered))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $a (instantiate $c (with "tick" (func $tick))))
  (instance $b (instantiate $c (with "tick" (func $tick))))
  (export "a" (func $a "run"))
  (export "b" (func $b "run")))
