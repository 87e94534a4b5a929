;;! component_model_async = true
;;! component_model_threading = true

;; A synchronous component calls a function that waits for a thread. The call is as good as one of the host: nothing of the components
;; between has a state that it could find in disorder.
(component definition $Waiting
  (component $Inner
    (core module $Table (table (export "table") 1 funcref))
    (core instance $table (instantiate $Table))
    (core type $start (func (param i32)))
    (core func $new (canon thread.new-indirect $start (core table $table "table")))
    (core func $switch (canon thread.suspend-then-resume))
    (core func $later (canon thread.resume-later))
    (core func $index (canon thread.index))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "switch" (func $switch (param i32) (result i32)))
      (import "" "later" (func $later (param i32)))
      (import "" "index" (func $index (result i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (import "" "table" (table 1 funcref))
      (global $waiting (mut i32) (i32.const 0))
      (global $got (mut i32) (i32.const 0))
      (func $wakes (param i32)
        (if (call $get) (then unreachable))
        (global.set $got (i32.mul (local.get 0) (i32.const 3)))
        (call $later (global.get $waiting)))
      (elem (i32.const 0) func $wakes)
      (func (export "triple") (param i32) (result i32)
        (if (call $get) (then unreachable))
        (call $set (i32.const 9))
        (global.set $waiting (call $index))
        (drop (call $switch (call $new (i32.const 0) (local.get 0))))
        (if (i32.ne (call $get) (i32.const 9)) (then unreachable))
        (global.get $got)))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "switch" (func $switch)) (export "later" (func $later))
      (export "index" (func $index)) (export "get" (func $get)) (export "set" (func $set))
      (export "table" (table $table "table"))))))
    (func (export "triple") (param "n" u32) (result u32) (canon lift (core func $i "triple"))))
  (component $Middle
    (import "triple" (func $triple (param "n" u32) (result u32)))
    (core func $triple (canon lower (func $triple)))
    (core module $m
      (import "" "triple" (func $triple (param i32) (result i32)))
      (func (export "twice") (param i32) (result i32)
        (i32.add (call $triple (local.get 0)) (call $triple (i32.const 1)))))
    (core instance $i (instantiate $m (with "" (instance (export "triple" (func $triple))))))
    (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $i "twice"))))
  (instance $inner (instantiate $Inner))
  (instance $middle (instantiate $Middle (with "triple" (func $inner "triple"))))
  (instance $outer (instantiate $Middle (with "triple" (func $middle "twice"))))
  (export "run" (func $outer "twice"))
  (export "triple" (func $inner "triple")))
(component instance $waiting $Waiting)
(assert_return (invoke "run" (u32.const 5)) (u32.const 24))
(assert_return (invoke "triple" (u32.const 2)) (u32.const 6))
(assert_return (invoke "run" (u32.const 0)) (u32.const 9))

;; Nothing calls what would make a thread, though it is in a table that is called through.
(component
  (component $A
    (core module $Table (table (export "table") 3 funcref))
    (core instance $table (instantiate $Table))
    (core type $start (func (param i32)))
    (core func $new (canon thread.new-indirect $start (core table $table "table")))
    (core module $m
      (import "" "new" (func $new (param i32 i32) (result i32)))
      (import "" "table" (table 3 funcref))
      (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (elem (i32.const 0) func $new $f)
      (func (export "f") (param i32) (result i32)
        (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "table" (table $table "table"))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
  (component $B
    (import "f" (func $f (param "n" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "g") (param i32) (result i32) (call $f (call $f (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (export "g" (func $b "g")))
(assert_return (invoke "g" (u32.const 5)) (u32.const 7))
