;; The loop (`Store.tick`). A task that yields goes behind every task that is ready. One that waits to enter its instance comes first.

;; Puts a task into the queue, unless it is there.
(func $push (param $task i32)
  (if (@is @is_queued (local.get $task))
    (then (return)))
  (@on @is_queued (local.get $task))
  (@store @queued (local.get $task) (i32.const 0))
  (if (global.get $newest_ready)
    (then (@store @queued (global.get $newest_ready) (local.get $task)))
    (else (global.set $oldest_ready (local.get $task))))
  (global.set $newest_ready (local.get $task))
  (global.set $ready (i32.add (global.get $ready) (i32.const 1))))

(func $pop (result i32)
  (local $task i32)
  (local.set $task (global.get $oldest_ready))
  (global.set $oldest_ready (@load @queued (local.get $task)))
  (if (i32.eqz (global.get $oldest_ready))
    (then (global.set $newest_ready (i32.const 0))))
  (global.set $ready (i32.sub (global.get $ready) (i32.const 1)))
  (@off @is_queued (local.get $task))
  (local.get $task))

;; Runs one task that is ready. Returns 0 if there is none.
(func $step (result i32)
  (local $n i32) (local $task i32) (local $of i32)
  (if (global.get $entering)
    (then
      (local.set $n (global.get $instances))
      (loop $next
        (local.set $of (@instance (local.get $n)))
        (if (@load @entering (local.get $of))
          (then
            (if (i32.eqz (call $closed (local.get $of)))
              (then
                (local.set $task (@load @first (local.get $of)))
                (call $unqueue (local.get $task))
                (@store @run (local.get $task) (i32.const 0))
                (call $start_task (local.get $task))
                (return (i32.const 1))))))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
  (local.set $n (global.get $ready))
  (block $none
    (loop $next
      (br_if $none (i32.eqz (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (local.set $task (call $pop))
      (if (@is @callee_done (local.get $task))
        (then
          ;; It ended while it was in the queue.
          (call $end_of (local.get $task))
          (br $next)))
      (if (i32.eqz (call $may_run (local.get $task)))
        (then (br $next)))
      (if (@is @root (local.get $task))
        (then
          (if (i32.ne (local.get $task) (global.get $own))
            (then
              (if (@is @parked (local.get $task))
                (then (call $wake (local.get $task))))
              (br $next)))))
      (if (@load @lock (@load @of (local.get $task)))
        (then
          (call $push (local.get $task))
          (br $next)))
      (call $resume_task (local.get $task))
      (return (i32.const 1))))
  (i32.const 0))

;; `canon thread.yield`. Each task that is ready runs first, on top. The plan knows that nothing on the stack would go on if this code waited, and that what
;; runs on top does not yield or wait itself. In a function that is not `async` a yield is nothing.
(func (export "yield")
  (local $n i32)
  (if (i32.eqz (global.get $current))
    (then (return)))
  (local.set $n (i32.add (global.get $ready) (global.get $entering)))
  (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (br_if $done (i32.eqz (call $step)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
  (global.set $depth (i32.sub (global.get $depth) (i32.const 1))))

;; Something else runs while code waits whose stack stays below. If nothing can, an answer of the host may be what is missing. Otherwise nothing ever
;; will be ready: the host cannot enter meanwhile, so a call of the host that waits for the answers is relieved of that first. A function that is not `async` cannot wait.
;; Tasks that always have something to do do not keep such answers out.
(func $run_other
  (if (i32.eqz (global.get $current))
    (then (call $trap_state) (unreachable)))
  (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
  (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
  (if (global.get $pending)
    (then
      (if (i32.eqz (i32.and (global.get $turns) (i32.const 63)))
        (then
          (call $relieve)
          (call $receive (i32.const 0))))))
  (block $ran
    (br_if $ran (call $step))
    (if (global.get $pending)
      (then
        (call $relieve)
        (call $receive (i32.const 1))
        (br $ran)))
    (if (i32.gt_u (global.get $depth) (i32.const 1))
      (then (call $trap_nested) (unreachable)))
    (call $trap_deadlock)
    (unreachable))
  (global.set $depth (i32.sub (global.get $depth) (i32.const 1))))

;; Runs what is ready for a call of the host, for a while. Returns the code of a callback: 0 if its task has ended and nothing is ready,
;; 1 if something is, 2 if its task waits.
(func (export "drive") (param $task i32) (result i32)
  (local $budget i32)
  (global.set $own (local.get $task))
  (local.set $budget (i32.const 1000))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (call $step)))
      (br_if $next (local.tee $budget (i32.sub (local.get $budget) (i32.const 1))))))
  (global.set $own (i32.const 0))
  (if (i32.eqz (local.get $budget))
    (then (return (i32.const 1))))
  (if (i32.eq (@load @run (local.get $task)) (i32.const 4))
    (then
      (if (i32.eqz (call $stays (local.get $task)))
        (then (return (i32.const 0))))))
  (@on @parked (local.get $task))
  (i32.const 2))

;; The host calls a task of its own again, with this event.
(func (export "host_event") (param $task i32) (param $code i32)
  (@off @parked (local.get $task))
  (if (i32.eq (local.get $code) (i32.const 6))
    (then
      (@store @phase (local.get $task) (i32.const 4))
      (@on @cancels (local.get $task))))
  (if (call $may_run (local.get $task))
    (then (call $push (local.get $task)))))

;; Has the host call a task of its own again: its stream gets something, unless that is there already.
(func $wake (param $task i32)
  (@off @parked (local.get $task))
  (if (@is @woken (local.get $task))
    (then (return)))
  (@on @woken (local.get $task))
  (call $wake_root (local.get $task)))

;; What the host keeps for a task of its own, so that others can wake it: a set, and the two ends of a stream.
(func (export "host_set") (param $task i32) (result i32) (@load @set_of_host (local.get $task)))
(func (export "host_reader") (param $task i32) (result i32) (@load @reader (local.get $task)))
(func (export "host_writer") (param $task i32) (result i32) (@load @writer (local.get $task)))
(func (export "set_host") (param $task i32) (param $set i32) (param $reader i32) (param $writer i32)
  (@store @set_of_host (local.get $task) (local.get $set))
  (@store @reader (local.get $task) (local.get $reader))
  (@store @writer (local.get $task) (local.get $writer)))

;; Whether the reader of that stream has a read.
(func (export "reading") (param $task i32) (result i32) (@is @reads (local.get $task)))
(func (export "set_reading") (param $task i32) (param $reading i32)
  (if (local.get $reading)
    (then (@on @reads (local.get $task)))
    (else
      (@off @reads (local.get $task))
      (@off @woken (local.get $task)))))
