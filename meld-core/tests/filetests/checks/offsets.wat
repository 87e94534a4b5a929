;; options: rebase heap=0 max-offset=2047
;; An access whose offset would be larger calls a function that adds what is more; at a constant address, the number is added there. An offset
;; that is small is not touched, and nor is one in the window at address 0.
(component
  (component $a
    (core module $m
      (memory 1)
      (func (export "f") (param i32) (result i32)
        (i32.store offset=12 (local.get 0) (i32.const 1))
        (i64.store offset=5000 (i32.const 8) (i64.load offset=2047 (local.get 0)))
        (i32.load offset=4 (i32.const 100))))
    (core instance $m (instantiate $m))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $one (instantiate $a))
  (instance $two (instantiate $a))
  (export "one" (func $one "f"))
  (export "two" (func $two "f")))
