;; Many modules export `run`, `memory` and `realloc`; one function is exported under many names; and one core
;; function is lifted twice, as two types.

(component
  (component $One
    (core module $M
      (memory (export "memory") 1)
      (func $run (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (export "run again" (func $run))
      (export "" (func $run)))
    (core instance $m (instantiate $M))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run")))
    (func (export "run-signed") (param "x" s8) (result s8) (canon lift (core func $m "run again")))
    (func (export "run-empty") (param "x" u8) (result u8) (canon lift (core func $m ""))))
  (component $Two
    (core module $M
      (memory (export "memory") 1)
      (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2))))
    (core instance $m (instantiate $M))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $one (instantiate $One))
  (instance $two (instantiate $Two))
  (export "run" (func $one "run"))
  (export "run-signed" (func $one "run-signed"))
  (export "run-empty" (func $one "run-empty"))
  (export "run-two" (func $two "run"))
  (export "run-three" (func $two "run"))
  (instance $both (export "run" (func $one "run")))
  (export "one" (instance $both)))

(assert_return (invoke "run" (u32.const 1)) (u32.const 2))
(assert_return (invoke "run-signed" (s8.const 127)) (s8.const -128))
(assert_return (invoke "run-empty" (u8.const 255)) (u8.const 0))
(assert_return (invoke "run-two" (u32.const 1)) (u32.const 3))
(assert_return (invoke "run-three" (u32.const 1)) (u32.const 3))
