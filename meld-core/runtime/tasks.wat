;; A task of a call, for an instance, that has not begun.
(func $new (export "task_new") (param $entry i32) (param $instance i32) (result i32)
  (local $task i32)
  (local.set $task (call $allocate))
  (@store @event (local.get $task) (i32.const 0))
  (@store @index (local.get $task) (i32.const 0))
  (@store @set (local.get $task) (i32.const 0))
  (@store @state (local.get $task) (i32.const 0))
  (@store @phase (local.get $task) (i32.const 1))
  (@store @flags (local.get $task) (i32.const 0))
  (@store @run (local.get $task) (i32.const 0))
  (@store @entry (local.get $task) (local.get $entry))
  (@store @of (local.get $task) (@instance (local.get $instance)))
  (@store @lends (local.get $task) (i32.const 0))
  (@store @borrows (local.get $task) (i32.const 0))
  (@store @outer (local.get $task) (i32.const 0))
  (global.set $unended (i32.add (global.get $unended) (i32.const 1)))
  (@store 18 (local.get $task) (i32.const 0))
  (@store 20 (local.get $task) (i32.const 0))
  (local.get $task))

;; The same, of a call of the host.
(func (export "root_new") (param $entry i32) (param $instance i32) (result i32)
  (local $task i32)
  (local.set $task (call $new (local.get $entry) (local.get $instance)))
  (@store @flags (local.get $task) (i32.const 64))
  (@store @set_of_host (local.get $task) (i32.const 0))
  (@store @copies (local.get $task) (i32.const 0))
  (@store @root_borrows (local.get $task) (i32.const 0))
  (call $root_begins (local.get $task))
  (local.get $task))

(func (export "entry") (param $task i32) (result i32)
  (@load @entry (local.get $task)))

(func (export "set_out") (param $task i32) (param $out i32)
  (@store @out (local.get $task) (local.get $out)))

(func (export "out") (param $task i32) (result i32)
  (@load @out (local.get $task)))

;; Word pair `n` of the task: 0 and 1 for context slots in their first words, 2 and more for values.
(func (export "word") (param $task i32) (param $n i32) (result i32)
  (@load @words (call $pair (local.get $task) (local.get $n))))

(func (export "set_word") (param $task i32) (param $n i32) (param $word i32)
  (@store @words (call $pair (local.get $task) (local.get $n)) (local.get $word)))

(func $pair (param $task i32) (param $n i32) (result i32)
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $task (@up 2 (local.get $task)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
  (local.get $task))

(func (export "value") (param $task i32) (param $n i32) (result i64)
  (local.set $task (call $pair (local.get $task) (local.get $n)))
  (i64.or
    (i64.extend_i32_u (@load 18 (local.get $task)))
    (i64.shl (i64.extend_i32_u (@load 19 (local.get $task))) (i64.const 32))))

(func (export "set_value") (param $task i32) (param $n i32) (param $value i64)
  (local.set $task (call $pair (local.get $task) (local.get $n)))
  (@store 18 (local.get $task) (i32.wrap_i64 (local.get $value)))
  (@store 19 (local.get $task) (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32)))))

;; Whether nothing keeps the task from entering its instance (`Task.enter_implicit_thread`).
(func (export "gate") (param $task i32) (result i32)
  (local $of i32)
  (local.set $of (@load @of (local.get $task)))
  (i32.eqz (i32.or (call $closed (local.get $of)) (@load @entering (local.get $of)))))

;; `has_backpressure`
(func $closed (param $of i32) (result i32)
  (i32.or (@load @lock (local.get $of)) (@load @backpressure (local.get $of))))

;; The task waits to enter, behind all others.
(func (export "queue") (param $task i32)
  (local $of i32) (local $last i32)
  (local.set $of (@load @of (local.get $task)))
  (@store @run (local.get $task) (i32.const 1))
  (@store @queued (local.get $task) (i32.const 0))
  (if (@load @entering (local.get $of))
    (then (@store @queued (@load @last (local.get $of)) (local.get $task)))
    (else (@store @first (local.get $of) (local.get $task))))
  (@store @last (local.get $of) (local.get $task))
  (call $count_entering (local.get $of) (i32.const 1)))

(func $count_entering (param $of i32) (param $more i32)
  (@store @entering (local.get $of) (i32.add (@load @entering (local.get $of)) (local.get $more)))
  (global.set $entering (i32.add (global.get $entering) (local.get $more))))

;; A task no longer waits to enter.
(func $unqueue (param $task i32)
  (local $of i32) (local $before i32) (local $at i32)
  (local.set $of (@load @of (local.get $task)))
  (local.set $at (@load @first (local.get $of)))
  (block $found
    (loop $next
      (br_if $found (i32.eq (local.get $at) (local.get $task)))
      (local.set $before (local.get $at))
      (local.set $at (@load @queued (local.get $at)))
      (br $next)))
  (if (local.get $before)
    (then (@store @queued (local.get $before) (@load @queued (local.get $task))))
    (else (@store @first (local.get $of) (@load @queued (local.get $task)))))
  (if (i32.eq (@load @last (local.get $of)) (local.get $task))
    (then (@store @last (local.get $of) (local.get $before))))
  (call $count_entering (local.get $of) (i32.const -1)))

;; The task enters its instance (`Task.start`, `on_start`). Returns the task whose code ran until now.
(func (export "task_start") (param $task i32) (result i32)
  (@store @lock (@load @of (local.get $task)) (local.get $task))
  (@store @phase (local.get $task) (i32.const 2))
  (call $progress (local.get $task) (i32.const 1))
  (global.get $current)
  (global.set $current (local.get $task)))

;; The task is called again. Returns the task whose code ran until now, and the event.
(func (export "task_resume") (param $task i32) (result i32 i32 i32 i32)
  (local $run i32) (local $set i32) (local $previous i32)
  (local.set $run (@load @run (local.get $task)))
  (@store @lock (@load @of (local.get $task)) (local.get $task))
  (if (i32.eq (local.get $run) (i32.const 3))
    (then (local.set $set (call $stop_waiting (local.get $task)))))
  (@store @run (local.get $task) (i32.const 0))
  (local.set $previous (global.get $current))
  (global.set $current (local.get $task))
  (if (@is @cancels (local.get $task))
    (then
      (@off @cancels (local.get $task))
      (return (local.get $previous) (i32.const 6) (i32.const 0) (i32.const 0))))
  (if (i32.eq (local.get $run) (i32.const 2))
    (then (return (local.get $previous) (i32.const 0) (i32.const 0) (i32.const 0))))
  (local.get $previous)
  (call $poll (local.get $set)))

;; The task no longer waits for its set, which is returned.
(func $stop_waiting (param $task i32) (result i32)
  (local $set i32) (local $at i32) (local $before i32)
  (local.set $set (@load @waits_for (local.get $task)))
  (@store @waiting (local.get $set) (i32.sub (@load @waiting (local.get $set)) (i32.const 1)))
  (local.set $at (@load @waiter (local.get $set)))
  (block $found
    (loop $next
      (br_if $found (i32.eq (local.get $at) (local.get $task)))
      (local.set $before (local.get $at))
      (local.set $at (@load @next_waiter (local.get $at)))
      (br $next)))
  (if (local.get $before)
    (then (@store @next_waiter (local.get $before) (@load @next_waiter (local.get $task))))
    (else (@store @waiter (local.get $set) (@load @next_waiter (local.get $task)))))
  (local.get $set))

;; The code of the task has come back, with this code of a callback, and with the set of `WAIT`. `previous` is what `task_start` or
;; `task_resume` returned.
(func (export "task_end") (param $task i32) (param $previous i32) (param $code i32) (param $set i32)
  (@store @lock (@load @of (local.get $task)) (i32.const 0))
  (global.set $current (local.get $previous))
  (if (i32.eqz (local.get $code))
    (then
      (if (i32.ne (@load @phase (local.get $task)) (i32.const 5))
        (then (call $trap_state) (unreachable)))
      (@store @run (local.get $task) (i32.const 4))
      (call $ends (local.get $task))
      (call $end_of (local.get $task))
      (return)))
  ;; `deliver_pending_cancel`
  (if (i32.eq (@load @phase (local.get $task)) (i32.const 3))
    (then
      (@store @phase (local.get $task) (i32.const 4))
      (@on @cancels (local.get $task))))
  (if (i32.eq (local.get $code) (i32.const 1))
    (then
      (@store @run (local.get $task) (i32.const 2))
      (call $push (local.get $task))
      (return)))
  (if (i32.ne (local.get $code) (i32.const 2))
    (then (call $trap_code) (unreachable)))
  (@store @run (local.get $task) (i32.const 3))
  (@store @waits_for (local.get $task) (local.get $set))
  (@store @waiting (local.get $set) (i32.add (@load @waiting (local.get $set)) (i32.const 1)))
  (@store @next_waiter (local.get $task) (@load @waiter (local.get $set)))
  (@store @waiter (local.get $set) (local.get $task))
  (if (call $may_run (local.get $task))
    (then (call $push (local.get $task)))))

;; Whether the task has something to be called for.
(func $may_run (param $task i32) (result i32)
  (if (i32.eq (@load @run (local.get $task)) (i32.const 2))
    (then (return (i32.const 1))))
  (if (i32.ne (@load @run (local.get $task)) (i32.const 3))
    (then (return (i32.const 0))))
  (i32.or (@is @cancels (local.get $task)) (@load @oldest (@load @waits_for (local.get $task)))))

;; Nothing of the callee is left.
(func $ends (param $task i32)
  (@on @callee_done (local.get $task))
  (global.set $unended (i32.sub (global.get $unended) (i32.const 1))))

;; Frees the record when neither side needs it, and no answer of the host is for what it has begun.
(func $end_of (param $task i32)
  (if (i32.eq (i32.and (@load @flags (local.get $task)) (i32.const 49)) (i32.const 48))
    (then
      (if (@is @root (local.get $task))
        (then
          (if (@load @copies (local.get $task))
            (then (return)))))
      (call $release (local.get $task)))))

;; The caller is done with it; if the host is the caller, `root_end` says so.
(func $forget (export "forget") (param $task i32)
  (@on @caller_done (local.get $task))
  (call $end_of (local.get $task)))

;; `on_progress`, and the new state of the subtask.
(func $progress (param $task i32) (param $state i32)
  (@store @state (local.get $task) (local.get $state))
  (if (@load @index (local.get $task))
    (then (call $set_event (local.get $task) (i32.const 1)))))

;; Lists of words, newest first, in records of thirty.
(@define more 0)   ;; the record that is full, or 0
(@define count 1)  ;; how many are in this one; they come after it

;; Puts a word into a list, or into a new one if that is 0. Returns the list. Nothing of a load or a store comes before it.
(func $append (param $list i32) (param $word i32) (result i32)
  (local $full i32) (local $count i32)
  (local.set $count (i32.const 30))
  (if (local.get $list)
    (then (local.set $count (@load @count (local.get $list)))))
  (if (i32.eq (local.get $count) (i32.const 30))
    (then
      (local.set $full (local.get $list))
      (local.set $list (call $allocate))
      (local.set $count (i32.const 0))
      (@store @more (local.get $list) (local.get $full))))
  (@store @count (local.get $list) (i32.add (local.get $count) (i32.const 1)))
  (@store 2 (call $at (local.get $list) (local.get $count)) (local.get $word))
  (local.get $list))

;; Takes two words out of a list, as they were put there. Returns the rest of the list, and the words.
(func $take_pair (param $list i32) (result i32 i32 i32)
  (local $count i32) (local $first i32) (local $second i32)
  (local.set $count (i32.sub (@load @count (local.get $list)) (i32.const 2)))
  (@store @count (local.get $list) (local.get $count))
  (local.set $first (@load 2 (call $at (local.get $list) (local.get $count))))
  (local.set $second (@load 3 (call $at (local.get $list) (local.get $count))))
  (if (i32.eqz (local.get $count))
    (then
      (local.set $count (@load @more (local.get $list)))
      (call $release (local.get $list))
      (local.set $list (local.get $count))))
  (local.get $list)
  (local.get $first)
  (local.get $second))

;; `Subtask.add_lender`: the caller of the task that has just begun lends that handle.
(func (export "lend") (param $index i32)
  (call $lend (global.get $current) (local.get $index)))

(func $lend (export "lend_to") (param $task i32) (param $index i32)
  (local $list i32)
  (local.set $list (call $append (@load @lends (local.get $task)) (local.get $index)))
  (@store @lends (local.get $task) (local.get $list)))

;; The place that is `n` words behind another one.
(func $at (param $place i32) (param $n i32) (result i32)
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (local.set $place (@up 1 (local.get $place)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
  (local.get $place))

;; The caller gets them back.
(func $unlend (param $task i32)
  (local $lends i32) (local $count i32)
  (block $done
    (loop $record
      (br_if $done (i32.eqz (local.tee $lends (@load @lends (local.get $task)))))
      (local.set $count (@load @count (local.get $lends)))
      (loop $next
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (call $unlend_handle (local.get $task) (@load 2 (call $at (local.get $lends) (local.get $count))))
        (br_if $next (local.get $count)))
      (@store @lends (local.get $task) (@load @more (local.get $lends)))
      (call $release (local.get $lends))
      (br $record))))

;; The task that has just begun gets a borrow. Returns what the entry has for its scope: the place of the task, marked by the highest bit,
;; which the scopes of a table never have.
(func (export "borrow") (result i32)
  (local $task i32)
  (local.set $task (global.get $current))
  (if (i32.lt_s (local.get $task) (i32.const 0))
    (then (call $trap_full) (unreachable)))
  (call $count_borrow (local.get $task) (i32.const 1))
  (i32.or (local.get $task) (i32.const 0x8000_0000)))

;; The task has dropped one.
(func (export "unborrow") (param $task i32)
  (call $count_borrow (local.get $task) (i32.const -1)))

(func $count_borrow (param $task i32) (param $more i32)
  (if (@is @root (local.get $task))
    (then
      (@store @root_borrows (local.get $task) (i32.add (@load @root_borrows (local.get $task)) (local.get $more)))
      (return)))
  (@store @borrows (local.get $task) (i32.add (@load @borrows (local.get $task)) (local.get $more))))

;; A task resolves, and so must have dropped all.
(func $check_borrows (param $task i32)
  (if
    (if (result i32) (@is @root (local.get $task))
      (then (@load @root_borrows (local.get $task)))
      (else (@load @borrows (local.get $task))))
    (then (call $trap_leak) (unreachable))))

;; What an asynchronous call returns now: `RETURNED`, and the record is the callee's alone; or 0, and the caller needs an entry.
(func (export "returned") (param $task i32) (result i32)
  (if (i32.ge_u (@load @state (local.get $task)) (i32.const 2))
    (then
      (call $unlend (local.get $task))
      (call $forget (local.get $task))
      (return (i32.const 2))))
  (i32.const 0))

;; The entry is there. Returns what the call returns.
(func (export "subtask_at") (param $task i32) (param $index i32) (result i32)
  (@store @index (local.get $task) (local.get $index))
  (i32.or (@load @state (local.get $task)) (i32.shl (local.get $index) (i32.const 4))))

;; `canon lower` without `async`: until the callee has returned.
(func (export "wait_for_result") (param $task i32)
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (@load @state (local.get $task)) (i32.const 2)))
      (call $run_other)
      (br $next)))
  (call $unlend (local.get $task)))

;; The task that may return now (`canon task.return`, `Task.return_`).
(func (export "returning") (result i32)
  (if (i32.eqz (global.get $current))
    (then (call $trap_state) (unreachable)))
  (if (i32.eq (@load @phase (global.get $current)) (i32.const 5))
    (then (call $trap_state) (unreachable)))
  (global.get $current))

;; The caller has the result.
(func $resolve (export "resolve") (param $task i32)
  (call $check_borrows (local.get $task))
  (@store @phase (local.get $task) (i32.const 5))
  (call $progress (local.get $task) (i32.const 2)))

;; `canon task.cancel`. Returns the task, so that the host can be told if it called it.
(func (export "task_cancel") (result i32)
  (if (i32.eqz (global.get $current))
    (then (call $trap_state) (unreachable)))
  (if (i32.ne (@load @phase (global.get $current)) (i32.const 4))
    (then (call $trap_state) (unreachable)))
  (call $check_borrows (global.get $current))
  (@store @phase (global.get $current) (i32.const 5))
  (call $progress (global.get $current) (i32.const 4))
  (global.get $current))

;; Whose code runs is set by calls of functions that are not `async`: their tasks neither return nor are cancelled.
(func (export "set_current") (param $task i32) (result i32)
  (global.get $current)
  (global.set $current (local.get $task)))

;; `Subtask.deliver_resolve`, if it is resolved; the payload is its state.
(func $deliver_subtask (param $task i32) (result i32)
  (if (i32.ge_u (@load @state (local.get $task)) (i32.const 2))
    (then
      (@on @delivered (local.get $task))
      (call $unlend (local.get $task))))
  (@load @state (local.get $task)))

;; `canon subtask.drop`, without the entry.
(func (export "subtask_drop") (param $task i32)
  (if (i32.eqz (@is @delivered (local.get $task)))
    (then (call $trap_state) (unreachable)))
  (call $join (local.get $task) (i32.const 0))
  (@store @index (local.get $task) (i32.const 0))
  (call $forget (local.get $task)))

;; `canon subtask.cancel`
(func (export "subtask_cancel") (param $task i32) (param $async i32) (result i32)
  (local $state i32)
  (if (i32.or (@is @delivered (local.get $task)) (@is @requested (local.get $task)))
    (then (call $trap_state) (unreachable)))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $task))
        (then (call $trap_waitable) (unreachable)))))
  (if (i32.lt_u (@load @state (local.get $task)) (i32.const 2))
    (then
      (@on @requested (local.get $task))
      (call $request (local.get $task))
      (if (i32.lt_u (@load @state (local.get $task)) (i32.const 2))
        (then
          (if (local.get $async)
            (then (return (i32.const -1))))
          (block $done
            (loop $next
              (br_if $done (i32.ge_u (@load @state (local.get $task)) (i32.const 2)))
              (call $run_other)
              (br $next)))))))
  (call $clear_event (local.get $task))
  (call $deliver_subtask (local.get $task)))

;; `Task.request_cancellation`
(func $request (param $task i32)
  (if (i32.eq (@load @run (local.get $task)) (i32.const 1))
    (then
      (call $unqueue (local.get $task))
      (@store @run (local.get $task) (i32.const 4))
      (@store @phase (local.get $task) (i32.const 5))
      (call $ends (local.get $task))
      (call $progress (local.get $task) (i32.const 3))
      (return)))
  (if (i32.or
        (i32.lt_u (@load @run (local.get $task)) (i32.const 2))
        (@load @lock (@load @of (local.get $task))))
    (then
      (@store @phase (local.get $task) (i32.const 3))
      (return)))
  (@store @phase (local.get $task) (i32.const 4))
  (@on @cancels (local.get $task))
  (call $resume_task (local.get $task)))

;; `canon backpressure.inc` and `canon backpressure.dec`
(func (export "backpressure") (param $instance i32) (param $more i32)
  (local $of i32)
  (call $init)
  (local.set $of (@instance (local.get $instance)))
  (@store @backpressure (local.get $of) (i32.add (@load @backpressure (local.get $of)) (local.get $more)))
  (if (i32.gt_u (@load @backpressure (local.get $of)) (i32.const 0xffff))
    (then (call $trap_backpressure) (unreachable))))
