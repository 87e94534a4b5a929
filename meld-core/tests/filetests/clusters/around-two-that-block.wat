;; Two instances that may block stay apart; the others join one of them, in the order of their start functions.
(component
  (component $log
    (core module $m
      (global $seen (mut i32) (i32.const 0))
      (func (export "note") (param i32)
        (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (local.get 0))))
      (func (export "seen") (result i32) (global.get $seen)))
    (core instance $m (instantiate $m))
    (func (export "note") (param "n" u32) (canon lift (core func $m "note")))
    (func (export "seen") (result u32) (canon lift (core func $m "seen"))))
  (component $sync
    (import "note" (func $note (param "n" u32)))
    (import "before" (func $before (result u32)))
    (core func $note (canon lower (func $note)))
    (core func $before (canon lower (func $before)))
    (core module $m
      (import "" "note" (func $note (param i32)))
      (import "" "before" (func $before (result i32)))
      (func $start (call $note (i32.add (call $before) (i32.const 1))))
      (start $start)
      (func (export "number") (result i32) (i32.add (call $before) (i32.const 1))))
    (core instance $m (instantiate $m (with "" (instance
      (export "note" (func $note)) (export "before" (func $before))))))
    (func (export "number") (result u32) (canon lift (core func $m "number"))))
  ;; The same, and it uses tasks.
  (component $tasks
    (import "note" (func $note (param "n" u32)))
    (import "before" (func $before (result u32)))
    (core func $note (canon lower (func $note)))
    (core func $before (canon lower (func $before)))
    (core func $return (canon task.return (result u32)))
    (core module $wait (memory (export "memory") 1))
    (core instance $wait (instantiate $wait))
    (core func $wait (canon waitable-set.wait (memory (core memory $wait "memory"))))
    (core module $m
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "note" (func $note (param i32)))
      (import "" "before" (func $before (result i32)))
      (import "" "return" (func $return (param i32)))
      (func $start (call $note (i32.add (call $before) (i32.const 1))))
      (start $start)
      (func (export "number") (result i32) (i32.add (call $before) (i32.const 1)))
      (func (export "run") (result i32) (call $return (call $before)) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (call $wait (local.get 0) (local.get 1))))
    (core instance $m (instantiate $m (with "" (instance
      (export "note" (func $note)) (export "before" (func $before)) (export "wait" (func $wait)) (export "return" (func $return))))))
    (func (export "number") (result u32) (canon lift (core func $m "number")))
    (func (export "run") async (result u32)
      (canon lift (core func $m "run") async (callback (core func $m "callback")))))
  (component $zero
    (core module $m (func (export "number") (result i32) (i32.const 0)))
    (core instance $m (instantiate $m))
    (func (export "number") (result u32) (canon lift (core func $m "number"))))
  (instance $log (instantiate $log))
  (instance $zero (instantiate $zero))
  (instance $a (instantiate $sync (with "note" (func $log "note")) (with "before" (func $zero "number"))))
  (instance $b (instantiate $tasks (with "note" (func $log "note")) (with "before" (func $a "number"))))
  (instance $c (instantiate $tasks (with "note" (func $log "note")) (with "before" (func $b "number"))))
  ;; It needs nothing of the two before it, but its start function is after theirs.
  (instance $d (instantiate $sync (with "note" (func $log "note")) (with "before" (func $a "number"))))
  (instance $e (instantiate $sync (with "note" (func $log "note")) (with "before" (func $c "number"))))
  (export "b" (func $b "run"))
  (export "c" (func $c "run"))
  (export "d" (func $d "number"))
  (export "e" (func $e "number"))
  (export "seen" (func $log "seen")))
