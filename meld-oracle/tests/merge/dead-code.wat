;; What nothing reaches is gone: functions, the memory that only they touch, its segment, an import that only
;; they call, and a module that is never instantiated. A table goes if nobody calls through it.
;; lacks: unused
;; lacks: (import
;; lacks: (memory
;; lacks: (table
;; lacks: (elem
;; lacks: (data
(component
  (import "log" (func $log (param "x" u32)))
  (core func $log' (canon lower (func $log)))
  (core module $never (func $unused0))
  (core module $m
    (import "h" "log" (func $log (param i32)))
    (memory 1)
    (table 1 funcref)
    (elem (i32.const 0) $unused1)
    (data (i32.const 0) "unused")
    (func $unused1 (call $log (i32.load (i32.const 0))))
    (func (export "unused2") (call_indirect (i32.const 0)))
    (func (export "run") (result i32) i32.const 3))
  (core instance $i (instantiate $m (with "h" (instance (export "log" (func $log'))))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
