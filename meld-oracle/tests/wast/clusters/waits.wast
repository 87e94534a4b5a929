;; `subject` waits with its stack for `slow`, which never answers. `caller` calls it asynchronously and goes on. If `subject` and `slow` were one
;; module of their own, nothing in it could end the wait, and it would trap.
(component definition $Waits
  (component $Slow
    (core func $set-new (canon waitable-set.new))
    (core module $m
      (import "" "set-new" (func $set-new (result i32)))
      (func (export "slow") (result i32) (i32.or (i32.shl (call $set-new) (i32.const 4)) (i32.const 2)))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "set-new" (func $set-new))))))
    (func (export "slow") async (canon lift (core func $i "slow") async (callback (core func $i "callback")))))
  (component $Subject
    (import "slow" (func $slow async))
    (core func $slow (canon lower (func $slow)))
    (core module $m
      (import "" "slow" (func $slow))
      (func (export "f") (call $slow)))
    (core instance $i (instantiate $m (with "" (instance (export "slow" (func $slow))))))
    (func (export "f") async (canon lift (core func $i "f"))))
  (component $Caller
    (import "f" (func $f async))
    (core func $f (canon lower (func $f) async))
    (core module $m
      (import "" "f" (func $f (result i32)))
      ;; The state of the call: 1 is STARTED.
      (func (export "call") (result i32) (i32.and (call $f) (i32.const 15))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "call") (result u32) (canon lift (core func $i "call"))))
  (instance $slow (instantiate $Slow))
  (instance $subject (instantiate $Subject (with "slow" (func $slow "slow"))))
  (instance $caller (instantiate $Caller (with "f" (func $subject "f"))))
  (export "call" (func $caller "call"))
  (export "f" (func $subject "f")))
(component instance $a $Waits)
(assert_return (invoke "call") (u32.const 1))
(component instance $b $Waits)
(assert_trap (invoke "f") "deadlock detected")
