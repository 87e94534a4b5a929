;; `thread.yield` in the middle of calls of one of several instances. Each yield lets everybody run who is ready.

(component definition $Callbacks
  ;; A number that others look at and change.
  (component $Flag
    (core module $m
      (global $flag (mut i32) (i32.const 0))
      (func (export "set") (param i32) (global.set $flag (local.get 0)))
      (func (export "get") (result i32) (global.get $flag)))
    (core instance $i (instantiate $m))
    (func (export "set") (param "n" u32) (canon lift (core func $i "set")))
    (func (export "get") (result u32) (canon lift (core func $i "get"))))
  (component $Worker
    (import "set" (func $set (param "n" u32)))
    (import "get" (func $get (result u32)))
    (core func $set (canon lower (func $set)))
    (core func $get (canon lower (func $get)))
    (core func $return (canon task.return (result u32)))
    (core func $yield (canon thread.yield))
    (core func $slot (canon context.get i32 0))
    (core func $set-slot (canon context.set i32 0))
    (core module $m
      (import "" "set" (func $set (param i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "yield" (func $yield (result i32)))
      (import "" "slot" (func $slot (result i32)))
      (import "" "set-slot" (func $set-slot (param i32)))
      (func $no-cancel (if (call $yield) (then unreachable)))
      ;; Waits by yields until the number is n, and makes it n + 1.
      (func $passes (param $n i32)
        (loop $again
          (if (i32.ne (call $get) (local.get $n))
            (then (call $no-cancel) (br $again))))
        (call $set (i32.add (local.get $n) (i32.const 1))))
      ;; In the callback, so that no caller is on the stack.
      (func (export "turn") (param $n i32) (result i32) (call $set-slot (local.get $n)) (i32.const 1))
      (func (export "turn callback") (param i32 i32 i32) (result i32)
        (call $passes (call $slot))
        (call $return (call $slot))
        (i32.const 0))
      ;; The same after it has returned.
      (func (export "turn-afterwards callback") (param i32 i32 i32) (result i32)
        (call $return (call $slot))
        (call $passes (call $slot))
        (i32.const 0))
      ;; Neither it nor its caller waits.
      (func (export "synchronous") (param $n i32) (result i32)
        (loop $again
          (call $no-cancel)
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 7)))
    (core instance $i (instantiate $m (with "" (instance
      (export "set" (func $set)) (export "get" (func $get)) (export "return" (func $return))
      (export "yield" (func $yield)) (export "slot" (func $slot)) (export "set-slot" (func $set-slot))))))
    (func (export "turn") async (param "n" u32) (result u32)
      (canon lift (core func $i "turn") async (callback (core func $i "turn callback"))))
    (func (export "turn-afterwards") async (param "n" u32) (result u32)
      (canon lift (core func $i "turn") async (callback (core func $i "turn-afterwards callback"))))
    (func (export "synchronous") (param "n" u32) (result u32) (canon lift (core func $i "synchronous"))))
  ;; Adds one in its callback.
  (component $Adder
    (import "set" (func $set (param "n" u32)))
    (import "get" (func $get (result u32)))
    (core func $set (canon lower (func $set)))
    (core func $get (canon lower (func $get)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "set" (func $set (param i32)))
      (import "" "get" (func $get (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "adds") (result i32) (i32.const 1))
      (func (export "adds callback") (param i32 i32 i32) (result i32)
        (call $set (i32.add (call $get) (i32.const 1)))
        (call $return (call $get))
        (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "set" (func $set)) (export "get" (func $get)) (export "return" (func $return))))))
    (func (export "adds") async (result u32)
      (canon lift (core func $i "adds") async (callback (core func $i "adds callback")))))
  (component $Caller
    (import "get" (func $get (result u32)))
    (import "worker" (instance $worker
      (export "turn" (func async (param "n" u32) (result u32)))
      (export "turn-afterwards" (func async (param "n" u32) (result u32)))
      (export "synchronous" (func (param "n" u32) (result u32)))))
    (import "adds" (func $adds async (result u32)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $get (canon lower (func $get)))
    (core func $turn (canon lower (func $worker "turn") async (memory (core memory $mem))))
    (core func $afterwards (canon lower (func $worker "turn-afterwards") async (memory (core memory $mem))))
    (core func $synchronous (canon lower (func $worker "synchronous")))
    (core func $adds (canon lower (func $adds) async (memory (core memory $mem))))
    (core func $drop-task (canon subtask.drop))
    (core func $set-new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "get" (func $get (result i32)))
      (import "" "turn" (func $turn (param i32 i32) (result i32)))
      (import "" "afterwards" (func $afterwards (param i32 i32) (result i32)))
      (import "" "synchronous" (func $synchronous (param i32) (result i32)))
      (import "" "adds" (func $adds (param i32) (result i32)))
      (import "" "drop-task" (func $drop-task (param i32)))
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "return" (func $return (param i32)))
      (global $all (mut i32) (i32.const 0))
      (global $left (mut i32) (i32.const 0))
      (func $joins (param $status i32)
        (if (i32.eqz (global.get $all)) (then (global.set $all (call $set-new))))
        (global.set $left (i32.add (global.get $left) (i32.const 1)))
        (call $join (i32.shr_u (local.get $status) (i32.const 4)) (global.get $all)))
      (func $waits (result i32) (i32.or (i32.const 2) (i32.shl (global.get $all) (i32.const 4))))
      ;; Until all have returned; then until the number is right.
      (func (export "callback") (param $event i32) (param $task i32) (param $state i32) (result i32)
        (if (local.get $event)
          (then
            (if (i32.eq (local.get $state) (i32.const 2))
              (then
                (call $drop-task (local.get $task))
                (global.set $left (i32.sub (global.get $left) (i32.const 1)))))))
        (if (global.get $left) (then (return (call $waits))))
        (if (i32.ne (call $get) (i32.const 3)) (then (return (i32.const 1))))
        (call $return (i32.load (i32.const 16)))
        (i32.const 0))
      ;; The first to run waits for the two others.
      (func (export "in-turn") (result i32)
        (call $joins (call $turn (i32.const 2) (i32.const 16)))
        (call $joins (call $adds (i32.const 20)))
        (call $joins (call $adds (i32.const 24)))
        (call $waits))
      (func (export "afterwards") (result i32)
        (call $joins (call $afterwards (i32.const 2) (i32.const 16)))
        (call $joins (call $adds (i32.const 20)))
        (call $joins (call $adds (i32.const 24)))
        (call $waits))
      (func (export "synchronous") (result i32) (call $return (call $synchronous (i32.const 3))) (i32.const 0)))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $mem)) (export "get" (func $get)) (export "turn" (func $turn))
      (export "afterwards" (func $afterwards)) (export "synchronous" (func $synchronous))
      (export "adds" (func $adds)) (export "drop-task" (func $drop-task)) (export "set-new" (func $set-new))
      (export "join" (func $join)) (export "return" (func $return))))))
    (func (export "in-turn") async (result u32)
      (canon lift (core func $i "in-turn") async (callback (core func $i "callback"))))
    (func (export "afterwards") async (result u32)
      (canon lift (core func $i "afterwards") async (callback (core func $i "callback"))))
    (func (export "synchronous") async (result u32)
      (canon lift (core func $i "synchronous") async (callback (core func $i "callback")))))
  (instance $flag (instantiate $Flag))
  (instance $worker (instantiate $Worker (with "set" (func $flag "set")) (with "get" (func $flag "get"))))
  (instance $adder (instantiate $Adder (with "set" (func $flag "set")) (with "get" (func $flag "get"))))
  (instance $caller (instantiate $Caller
    (with "get" (func $flag "get")) (with "worker" (instance $worker)) (with "adds" (func $adder "adds"))))
  (export "in-turn" (func $caller "in-turn"))
  (export "afterwards" (func $caller "afterwards"))
  (export "synchronous" (func $caller "synchronous")))

;; One that runs first yields until two others have run.
(component instance $i0 $Callbacks)
(assert_return (invoke "in-turn") (u32.const 2))
;; The same after it has returned.
(component instance $i1 $Callbacks)
(assert_return (invoke "afterwards") (u32.const 2))
;; In a function that is not `async` a yield is nothing.
(component instance $i2 $Callbacks)
(assert_return (invoke "synchronous") (u32.const 7))

;; Code that blocks yields, too, and so does what it calls on the same stack.
(component definition $Stack
  (component $Adder
    (core func $return (canon task.return))
    (core module $m
      (import "" "return" (func $return))
      (global $sum (mut i32) (i32.const 0))
      (func (export "adds") (result i32) (i32.const 1))
      (func (export "adds callback") (param i32 i32 i32) (result i32)
        (global.set $sum (i32.add (global.get $sum) (i32.const 1)))
        (call $return)
        (i32.const 0))
      (func (export "sum") (result i32) (global.get $sum)))
    (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
    (func (export "adds") async (canon lift (core func $i "adds") async (callback (core func $i "adds callback"))))
    (func (export "sum") (result u32) (canon lift (core func $i "sum"))))
  (component $Middle
    (import "adds" (func $adds async))
    (import "sum" (func $sum (result u32)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $adds (canon lower (func $adds)))
    (core func $sum (canon lower (func $sum)))
    (core func $yield (canon thread.yield))
    (core module $m
      (import "" "adds" (func $adds))
      (import "" "sum" (func $sum (result i32)))
      (import "" "yield" (func $yield (result i32)))
      ;; Yields until somebody has added, and does so itself.
      (func (export "after") (param $n i32)
        (loop $again
          (if (i32.ne (call $sum) (local.get $n)) (then (drop (call $yield)) (br $again))))
        (call $adds)))
    (core instance $i (instantiate $m (with "" (instance
      (export "adds" (func $adds)) (export "sum" (func $sum)) (export "yield" (func $yield))))))
    (func (export "after") async (param "n" u32) (canon lift (core func $i "after"))))
  (component $Caller
    (import "adds" (func $adds async))
    (import "sum" (func $sum (result u32)))
    (import "after" (func $after async (param "n" u32)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $adds (canon lower (func $adds) async (memory (core memory $mem))))
    (core func $sum (canon lower (func $sum)))
    (core func $after (canon lower (func $after)))
    (core func $yield (canon thread.yield))
    (core module $m
      (import "" "adds" (func $adds (result i32)))
      (import "" "sum" (func $sum (result i32)))
      (import "" "after" (func $after (param i32)))
      (import "" "yield" (func $yield (result i32)))
      (func (export "run") (result i32)
        (drop (call $adds))
        (loop $again
          (if (i32.eqz (call $sum)) (then (drop (call $yield)) (br $again))))
        (drop (call $adds))
        (call $after (i32.const 2))
        (call $sum)))
    (core instance $i (instantiate $m (with "" (instance
      (export "adds" (func $adds)) (export "sum" (func $sum)) (export "after" (func $after))
      (export "yield" (func $yield))))))
    (func (export "run") async (result u32) (canon lift (core func $i "run"))))
  (instance $adder (instantiate $Adder))
  (instance $middle (instantiate $Middle (with "adds" (func $adder "adds")) (with "sum" (func $adder "sum"))))
  (instance $caller (instantiate $Caller
    (with "adds" (func $adder "adds")) (with "sum" (func $adder "sum")) (with "after" (func $middle "after"))))
  (export "run" (func $caller "run")))

(component instance $i3 $Stack)
(assert_return (invoke "run") (u32.const 3))
