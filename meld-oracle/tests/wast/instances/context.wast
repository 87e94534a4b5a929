;; Context slots (CanonicalABI.md, thread-local storage): zero at each call into an instance and in each
;; realloc; the callee's own in its post-return; the caller's are still there after a call.

(component
  (component $provider
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (memory (export "memory") 1)
      (global $in-realloc (mut i32) (i32.const -1))
      (global $in-post (mut i32) (i32.const -1))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $in-realloc (call $get))
        (call $set (i32.const 77))
        i32.const 16)
      ;; What the slot is at entry; leaves 5 in it.
      (func (export "entry") (param i32 i32) (result i32)
        call $get
        (call $set (i32.const 5)))
      (func (export "post") (param i32) (global.set $in-post (call $get)))
      (func (export "in-realloc") (result i32) global.get $in-realloc)
      (func (export "in-post") (result i32) global.get $in-post))
    (core instance $i (instantiate $m (with "" (instance
      (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "entry") (param "s" string) (result u32)
      (canon lift (core func $i "entry") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
        (post-return (core func $i "post"))))
    (func (export "in-realloc") (result u32) (canon lift (core func $i "in-realloc")))
    (func (export "in-post") (result u32) (canon lift (core func $i "in-post"))))
  (component $consumer
    (import "entry" (func $entry (param "s" string) (result u32)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $entry (canon lower (func $entry) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (import "" "entry" (func $entry (param i32 i32) (result i32)))
      (func (export "entry") (result i32) (call $entry (i32.const 0) (i32.const 1)))
      (func (export "kept") (result i32)
        (call $set (i32.const 9))
        (drop (call $entry (i32.const 0) (i32.const 1)))
        call $get)
      (func (export "fresh") (result i32) call $get))
    (core instance $i (instantiate $m (with "" (instance
      (export "get" (func $get)) (export "set" (func $set)) (export "entry" (func $entry))))))
    (func (export "call-entry") (result u32) (canon lift (core func $i "entry")))
    (func (export "kept") (result u32) (canon lift (core func $i "kept")))
    (func (export "fresh") (result u32) (canon lift (core func $i "fresh"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "entry" (func $p "entry"))))
  (export "entry" (func $p "entry"))
  (export "in-realloc" (func $p "in-realloc"))
  (export "in-post" (func $p "in-post"))
  (export "call-entry" (func $c "call-entry"))
  (export "kept" (func $c "kept"))
  (export "fresh" (func $c "fresh")))

(assert_return (invoke "call-entry") (u32.const 0))
(assert_return (invoke "in-realloc") (u32.const 0))
(assert_return (invoke "in-post") (u32.const 5))
(assert_return (invoke "call-entry") (u32.const 0))
(assert_return (invoke "kept") (u32.const 9))
(assert_return (invoke "fresh") (u32.const 0))
;; The same from outside.
(assert_return (invoke "entry" (str.const "a")) (u32.const 0))
(assert_return (invoke "in-realloc") (u32.const 0))
(assert_return (invoke "in-post") (u32.const 5))
(assert_return (invoke "entry" (str.const "b")) (u32.const 0))
