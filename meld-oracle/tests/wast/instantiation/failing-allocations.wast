;; Instantiation that fails for want of memory fails, whether or not anybody uses what would have been made: initializers of
;; globals, of tables and of the items of segments that allocate too much; tables and memories that are too large (the core
;; specification, "Instantiation"). Each component also exports a function that uses nothing of it.

;; An array that is too long, by its length.
(assert_trap
  (component
    (core module $m
      (type $a (array i8))
      (global (ref $a) (array.new $a (i32.const 0) (i32.const -1)))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; By its elements, with no value given.
(assert_trap
  (component
    (core module $m
      (type $a (array (mut v128)))
      (global (mut (ref null $a)) (array.new_default $a (i32.const 0x0fff_ffff)))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; The length is computed, from a global of another instance.
(assert_trap
  (component
    (core module $n (global (export "n") i32 (i32.const 0x8000)))
    (core module $m
      (import "n" "n" (global $n i32))
      (type $a (array i64))
      (type $s (struct (field (ref $a))))
      (global (ref $s) (struct.new $s (array.new $a (i64.const 1) (i32.mul (global.get $n) (i32.const 0x8000)))))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $n (instantiate $n))
    (core instance $i (instantiate $m (with "n" (instance $n))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; In a component that nobody calls.
(assert_trap
  (component
    (component $idle
      (core module $m
        (type $a (array i8))
        (global (ref $a) (array.new $a (i32.const 0) (i32.const -1))))
      (core instance (instantiate $m)))
    (instance (instantiate $idle))
    (core module $m (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; The initializer of a table.
(assert_trap
  (component
    (core module $m
      (type $a (array i8))
      (table 1 (ref $a) (array.new $a (i32.const 0) (i32.const -1)))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; An item of an active segment, in a table that nobody uses.
(assert_trap
  (component
    (core module $m
      (type $a (array i8))
      (table 1 (ref null $a))
      (elem (i32.const 0) (ref $a) (array.new $a (i32.const 0) (i32.const -1)))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")

;; An item of a passive segment.
(assert_trap
  (component
    (core module $m
      (type $a (array i8))
      (elem (ref $a) (array.new $a (i32.const 0) (i32.const 1)) (array.new $a (i32.const 0) (i32.const -1)))
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; A table of 2^32 elements, less one.
(assert_trap
  (component
    (core module $m
      (table 0xffff_ffff funcref)
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
;; A segment that is out of bounds in a table or a memory that nobody uses.
(assert_trap
  (component
    (core module $m
      (table 1 funcref)
      (func $g)
      (elem (i32.const 1) func $g)
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
(assert_trap
  (component
    (core module $m
      (memory 0)
      (data (i32.const 1) "")
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")

;; Small ones are no failure, and neither are many of them.
(component
  (core module $m
    (type $a (array i8))
    (type $s (struct (field i32) (field (ref null $a))))
    (global (ref $a) (array.new $a (i32.const 0) (i32.const 1000)))
    (global (ref $s) (struct.new $s (i32.const 1) (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3))))
    (global (ref $s) (struct.new_default $s))
    (global (ref i31) (ref.i31 (i32.const 5)))
    (table 10 (ref $a) (array.new_default $a (i32.const 8)))
    (memory 3)
    (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
(assert_return (invoke "f") (u32.const 1))

;; What is large and can be had stays, and changes nothing.
(component
  (core module $m
    (type $a (array i8))
    (global $g (ref $a) (array.new $a (i32.const 7) (i32.const 0x200000)))
    (global (ref $a) (global.get $g))
    (table 200000 funcref)
    (table 100000 (ref $a) (array.new $a (i32.const 1) (i32.const 0x200000)))
    (memory 400)
    (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
(assert_return (invoke "f") (u32.const 1))
