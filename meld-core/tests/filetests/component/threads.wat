;; options: component
;; The host finds the function of a thread in a table of the fused module.
(component
  (core module $Table (table (export "table") 1 funcref))
  (core instance $table (instantiate $Table))
  (core type $start (func (param i32)))
  (core func $new (canon thread.new-indirect $start (core table $table "table")))
  (core func $resume (canon thread.yield-then-resume))
  (core module $m
    (import "" "new" (func $new (param i32 i32) (result i32)))
    (import "" "resume" (func $resume (param i32) (result i32)))
    (import "" "table" (table 1 funcref))
    (global $sum (mut i32) (i32.const 0))
    (func $adds (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (elem (i32.const 0) func $adds)
    (func (export "run") (result i32)
      (drop (call $resume (call $new (i32.const 0) (i32.const 5))))
      (global.get $sum)))
  (core instance $i (instantiate $m (with "" (instance
    (export "new" (func $new)) (export "resume" (func $resume)) (export "table" (table $table "table"))))))
  (func (export "run") async (result u32) (canon lift (core func $i "run"))))
