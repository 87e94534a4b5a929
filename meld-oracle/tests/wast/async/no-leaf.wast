;; A function that a child calls back while its parent runs is no leaf: the call has to wait until the parent is left.
(component definition $Back
  (core module $a
    (global (export "calls") (mut i32) (i32.const 0))
    (func (export "g") (param i32) (result i32)
      (global.set 0 (i32.add (global.get 0) (i32.const 1)))
      (i32.mul (local.get 0) (i32.const 2))))
  (core instance $a (instantiate $a))
  (func $g async (param "n" u32) (result u32) (canon lift (core func $a "g")))
  (component $Child
    (import "g" (func $g async (param "n" u32) (result u32)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $g (canon lower (func $g) async (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "g" (func $g (param i32 i32) (result i32)))
      ;; 0 is STARTING.
      (func (export "middle") (param i32) (result i32) (i32.and (call $g (local.get 0) (i32.const 16)) (i32.const 15))))
    (core instance $i (instantiate $m (with "" (instance (export "g" (func $g))))))
    (func (export "middle") (param "n" u32) (result u32) (canon lift (core func $i "middle"))))
  (instance $child (instantiate $Child (with "g" (func $g))))
  (core func $middle (canon lower (func $child "middle")))
  (core module $b
    (import "" "middle" (func $middle (param i32) (result i32)))
    (import "a" "calls" (global $calls (mut i32)))
    (func (export "f") (param i32) (result i32)
      (i32.add (i32.mul (call $middle (local.get 0)) (i32.const 10)) (global.get $calls))))
  (core instance $b (instantiate $b (with "" (instance (export "middle" (func $middle)))) (with "a" (instance $a))))
  (func (export "f") async (param "n" u32) (result u32) (canon lift (core func $b "f"))))
(component instance $back $Back)
(assert_return (invoke "f" (u32.const 4)) (u32.const 0))
