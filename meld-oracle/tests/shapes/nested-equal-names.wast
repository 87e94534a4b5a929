;; Three deep, with equal names on every level: a path is made of places, not of names. A parent does not call
;; its child here, which wasmtime does not allow; on each level a sibling does.

(component
  (component $A
    (component $A
      (component $A
        (core module $A (func $a (export "f") (result i32) (i32.const 1)))
        (core instance $a (instantiate $A))
        (func (export "f") (result u32) (canon lift (core func $a "f"))))
      (component $B
        (import "f" (func $f (result u32)))
        (core func $a (canon lower (func $f)))
        (core module $A
          (import "a" "f" (func $f (result i32)))
          (func $a (export "f") (result i32) (i32.add (i32.const 10) (call $f))))
        (core instance $a (instantiate $A (with "a" (instance (export "f" (func $a))))))
        (func (export "f") (result u32) (canon lift (core func $a "f"))))
      (instance $a (instantiate $A))
      (instance $b (instantiate $B (with "f" (func $a "f"))))
      (export "f" (func $b "f")))
    (component $B
      (import "f" (func $f (result u32)))
      (core func $a (canon lower (func $f)))
      (core module $A
        (import "a" "f" (func $f (result i32)))
        (func $a (export "f") (result i32) (i32.add (i32.const 100) (call $f))))
      (core instance $a (instantiate $A (with "a" (instance (export "f" (func $a))))))
      (func (export "f") (result u32) (canon lift (core func $a "f"))))
    (instance $a (instantiate $A))
    (instance $b (instantiate $B (with "f" (func $a "f"))))
    (export "f" (func $b "f")))
  (component $B
    (import "f" (func $f (result u32)))
    (core func $a (canon lower (func $f)))
    (core module $A
      (import "a" "f" (func $f (result i32)))
      (func $a (export "f") (result i32) (i32.add (i32.const 1000) (call $f))))
    (core instance $a (instantiate $A (with "a" (instance (export "f" (func $a))))))
    (func (export "f") (result u32) (canon lift (core func $a "f"))))
  (instance $a (instantiate $A))
  (instance $b (instantiate $B (with "f" (func $a "f"))))
  (export "f" (func $b "f")))

(assert_return (invoke "f") (u32.const 1111))
