;; Calls through a table stay indirect where the table changes, the slot is empty or the type is another.
;; has: call_indirect
(component
  (core module $m
    (type $t (func (result i32)))
    (type $u (func (param i32)))
    (table $changing 2 funcref)
    (table $constant 3 3 funcref)
    (func $one (result i32) i32.const 1)
    (func $two (result i32) i32.const 2)
    (elem (table $changing) (i32.const 0) func $one $one)
    (elem (table $constant) (i32.const 0) func $two $two)
    (elem (table $constant) (i32.const 1) func $one)
    (func (export "change") (result i32)
      (call_indirect $changing (type $t) (i32.const 0))
      (table.set $changing (i32.const 0) (ref.func $two))
      (call_indirect $changing (type $t) (i32.const 0))
      i32.const 10
      i32.mul
      i32.add)
    (func (export "constant") (result i32)
      (i32.add
        (call_indirect $constant (type $t) (i32.const 0))
        (call_indirect $constant (type $t) (block (result i32) (i32.const 1)))))
    (func (export "tail") (result i32) (return_call_indirect $constant (type $t) (i32.const 1)))
    (func (export "type") (result i32) (call_indirect $constant (type $u) (i32.const 5) (i32.const 1)) i32.const 0)
    (func (export "empty") (result i32) (call_indirect $constant (type $t) (i32.const 2))))
  (core instance $i (instantiate $m))
  (func (export "change") (result u32) (canon lift (core func $i "change")))
  (func (export "constant") (result u32) (canon lift (core func $i "constant")))
  (func (export "tail") (result u32) (canon lift (core func $i "tail")))
  (func (export "empty") (result u32) (canon lift (core func $i "empty"))))
