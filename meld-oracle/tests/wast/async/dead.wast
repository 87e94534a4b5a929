;; Two components with asynchronous built-ins in their tables, as guests of today have them, and nothing that calls one: no indirect
;; call has their type. Neither of them uses tasks.
(component
  (component $provider
    (core func $drop (canon waitable-set.drop))
    (core func $new (canon waitable-set.new))
    (type $s (stream u8))
    (core func $stream (canon stream.new $s))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (import "" "new" (func $new (result i32)))
      (import "" "stream" (func $stream (result i64)))
      (type $unary (func (param i32) (result i32)))
      (table funcref (elem $drop $new $stream $triple))
      (func $triple (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
      (func (export "f") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m (with "" (instance
      (export "drop" (func $drop))
      (export "new" (func $new))
      (export "stream" (func $stream))))))
    (func (export "f") (param "n" u32) (param "which" u32) (result u32) (canon lift (core func $i "f")))
    ;; An `async` export that nothing uses.
    (core func $return (canon task.return (result u32)))
    (core module $n
      (import "" "return" (func $return (param i32)))
      (func (export "g") (result i32) (call $return (i32.const 1)) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $j (instantiate $n (with "" (instance (export "return" (func $return))))))
    (func (export "g") async (result u32) (canon lift (core func $j "g") async (callback (core func $j "callback")))))
  (component $consumer
    (import "f" (func $f (param "n" u32) (param "which" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core func $drop (canon waitable-set.drop))
    (core module $m
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (type $nullary (func (result i32)))
      (table funcref (elem $drop $seven))
      (func $seven (result i32) (i32.const 7))
      (func (export "run") (param i32) (result i32)
        (call $f (call_indirect (type $nullary) (i32.const 1)) (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f)) (export "drop" (func $drop))))))
    (func (export "run") (param "which" u32) (result u32) (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "f" (func $p "f"))))
  (export "run" (func $c "run")))
(assert_return (invoke "run" (u32.const 3)) (u32.const 21))
;; A built-in is still there, and of another type.
(assert_trap (invoke "run" (u32.const 0)) "indirect call type mismatch")
