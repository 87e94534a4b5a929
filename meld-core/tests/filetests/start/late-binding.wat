;; The way tools bind imports late: a table of stubs, filled by a module that is instantiated last.
(component
  (import "log" (func $log (param "x" u32)))
  (core module $stubs
    (type $t (func (param i32)))
    (table (export "slots") 2 2 funcref)
    (func (export "0") (param i32) local.get 0 i32.const 0 call_indirect (type $t))
    (func (export "1") (param i32) local.get 0 i32.const 1 call_indirect (type $t)))
  (core module $main
    (import "h" "log" (func $log (param i32)))
    (import "h" "twice" (func $twice (param i32)))
    (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (i32.const 5)))
    (start $start)
    (func (export "run") (result i32)
      (call $log (i32.const 1))
      (call $twice (i32.const 2))
      (global.get $g)))
  (core module $fill
    (import "s" "slots" (table 2 2 funcref))
    (import "h" "log" (func $log (param i32)))
    (func $twice (param i32) (call $log (local.get 0)) (call $log (local.get 0)))
    (elem (i32.const 0) $log $twice))
  (core instance $s (instantiate $stubs))
  (core instance $m (instantiate $main
    (with "h" (instance (export "log" (func $s "0")) (export "twice" (func $s "1"))))))
  (core func $log' (canon lower (func $log)))
  (core instance (instantiate $fill
    (with "s" (instance $s)) (with "h" (instance (export "log" (func $log'))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
