;; A start function that calls a stub before its slot is filled traps, after it has been heard.
;; has: call_indirect
;; has: table.init
(component
  (import "log" (func $log (param "x" u32)))
  (core func $log' (canon lower (func $log)))
  (core module $stubs
    (type $t (func (param i32)))
    (table (export "slots") 1 1 funcref)
    (func (export "0") (param i32) local.get 0 i32.const 0 call_indirect (type $t)))
  (core module $main
    (import "h" "log" (func $log (param i32)))
    (import "h" "direct" (func $direct (param i32)))
    (func $start (call $direct (i32.const 1)) (call $log (i32.const 2)))
    (start $start)
    (func (export "run") (result i32) (i32.const 0)))
  (core module $fill
    (import "s" "slots" (table 1 1 funcref))
    (import "h" "log" (func $log (param i32)))
    (elem (i32.const 0) $log))
  (core instance $s (instantiate $stubs))
  (core instance $m (instantiate $main
    (with "h" (instance (export "log" (func $s "0")) (export "direct" (func $log'))))))
  (core instance (instantiate $fill
    (with "s" (instance $s)) (with "h" (instance (export "log" (func $log'))))))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))
