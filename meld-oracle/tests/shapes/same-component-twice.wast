;; One component instantiated twice: two memories, two globals, two resource types; nothing may be shared
;; because it was written once.

(component
  (component $Counter
    (core module $M
      (memory (export "memory") 1)
      (global $count (mut i32) (i32.const 0))
      (data (i32.const 0) "\05")
      (func (export "next") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 1)))
        (i32.add (i32.mul (global.get $count) (i32.const 1000)) (i32.load8_u (i32.const 0)))))
    (core instance $m (instantiate $M))
    (func (export "next") (result u32) (canon lift (core func $m "next"))))
  (component $User
    (import "a" (func $a (result u32)))
    (import "b" (func $b (result u32)))
    (core func $a' (canon lower (func $a)))
    (core func $b' (canon lower (func $b)))
    (core module $M
      (import "" "a" (func $a (result i32)))
      (import "" "b" (func $b (result i32)))
      ;; Three times a, once b.
      (func (export "run") (result i32)
        (drop (call $a))
        (drop (call $a))
        (i32.add (i32.mul (call $a) (i32.const 10000)) (call $b))))
    (core instance $m (instantiate $M (with "" (instance (export "a" (func $a')) (export "b" (func $b'))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $one (instantiate $Counter))
  (instance $two (instantiate $Counter))
  (instance $user (instantiate $User (with "a" (func $one "next")) (with "b" (func $two "next"))))
  (export "run" (func $user "run"))
  (export "one" (func $one "next"))
  (export "two" (func $two "next")))

(assert_return (invoke "run") (u32.const 30081006))
(assert_return (invoke "one") (u32.const 4009))
(assert_return (invoke "two") (u32.const 2007))
