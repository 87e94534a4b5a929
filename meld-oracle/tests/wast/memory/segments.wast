;; Active segments of a memory that has neighbours: in bounds, at the end, beyond it, and in their order.

(component
  ;; Another memory comes first, so that the one below does not begin at address 0 where memories are windows of one.
  (core module $Before
    (memory 1)
    (data (i32.const 65532) "\ff\ff\ff\ff")
    (func (export "before") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $before (instantiate $Before))
  (func (export "before") (param "p" u32) (result u32) (canon lift (core func $before "before")))
  (core module $Owner
    (memory (export "m") 1)
    (func $start (drop (memory.grow (i32.const 1))))
    (start $start))
  (core instance $owner (instantiate $Owner))
  (core module $M
    (import "o" "m" (memory 1))
    ;; Only in bounds because the memory has grown; the one after it overwrites a part of it, and both wait their turn.
    (data (i32.const 65534) "abcd")
    (data (i32.const 65535) "x")
    (data (i32.const 131072) "")
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))
  (core instance $m (instantiate $M (with "o" (instance $owner))))
  ;; And one behind it, which is full: what was read from here would not be zero.
  (core module $After
    (memory 1)
    (data (i32.const 0) "\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee")
    (func (export "after") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $after (instantiate $After))
  (func (export "after") (param "p" u32) (result u32) (canon lift (core func $after "after")))
  (func (export "load") (param "a" u32) (result u32) (canon lift (core func $m "load"))))

(assert_return (invoke "load" (u32.const 65534)) (u32.const 97))
(assert_return (invoke "load" (u32.const 65535)) (u32.const 120))
(assert_return (invoke "load" (u32.const 65537)) (u32.const 100))
(assert_return (invoke "before" (u32.const 65535)) (u32.const 255))
(assert_return (invoke "after" (u32.const 0)) (u32.const 238))

(assert_trap
  (component
    (core module $Before (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $before (instantiate $Before))
    (func (export "before") (result u32) (canon lift (core func $before "f")))
    (core module $M (memory 1) (data (i32.const 65533) "abcd") (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $m (instantiate $M))
    (core module $After (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $after (instantiate $After))
    (func (export "after") (result u32) (canon lift (core func $after "f")))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  "out of bounds memory access")

(assert_trap
  (component
    (core module $Before (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $before (instantiate $Before))
    (func (export "before") (result u32) (canon lift (core func $before "f")))
    (core module $M (memory 1) (data (i32.const 65537) "") (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $m (instantiate $M))
    (core module $After (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $after (instantiate $After))
    (func (export "after") (result u32) (canon lift (core func $after "f")))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  "out of bounds memory access")

(assert_trap
  (component
    (core module $Before (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $before (instantiate $Before))
    (func (export "before") (result u32) (canon lift (core func $before "f")))
    (core module $M (memory 1) (data (i32.const 0xffff_ffff) "ab") (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $m (instantiate $M))
    (core module $After (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $after (instantiate $After))
    (func (export "after") (result u32) (canon lift (core func $after "f")))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  "out of bounds memory access")

(assert_trap
  (component
    (core module $Before (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $before (instantiate $Before))
    (func (export "before") (result u32) (canon lift (core func $before "f")))
    (core module $M (memory 1) (data (i32.const 0) "ab") (data (i32.const 0xffff_fffe) "abcd") (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $m (instantiate $M))
    (core module $After (memory 1) (func (export "f") (result i32) (i32.load (i32.const 0))))
    (core instance $after (instantiate $After))
    (func (export "after") (result u32) (canon lift (core func $after "f")))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  "out of bounds memory access")
