;; The start function of the first instance sees the memory and the table before the segments of the second,
;; and the host hears of both starts in order.
(component
  (import "log" (func $log (param "x" u32)))
  (core func $log' (canon lower (func $log)))
  (core module $first
    (import "h" "log" (func $log (param i32)))
    (memory (export "m") 1)
    (table (export "t") 2 funcref)
    (data (i32.const 0) "\01\00\00\00")
    (func $start
      (call $log (i32.load (i32.const 0)))
      (call $log (i32.load (i32.const 4)))
      (call $log (ref.is_null (table.get (i32.const 0)))))
    (start $start)
    (func (export "look") (result i32)
      (call $log (i32.load (i32.const 4)))
      (call_indirect (result i32) (i32.const 0))))
  (core module $second
    (import "h" "log" (func $log (param i32)))
    (import "f" "m" (memory 1))
    (import "f" "t" (table 2 funcref))
    (memory $own 1)
    (func $nine (result i32) i32.const 9)
    (elem (i32.const 0) $nine)
    (data (i32.const 4) "\02\00\00\00")
    (data (memory $own) (i32.const 0) "\07\00\00\00")
    (func $start
      (call $log (i32.load (i32.const 4)))
      (call $log (i32.load $own (i32.const 0))))
    (start $start))
  (core instance $h (export "log" (func $log')))
  (core instance $f (instantiate $first (with "h" (instance $h))))
  (core instance $s (instantiate $second (with "h" (instance $h)) (with "f" (instance $f))))
  (func (export "look") (result u32) (canon lift (core func $f "look"))))
