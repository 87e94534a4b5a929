;; What every waitable begins with (`Waitable`).
(@define event 0)    ;; the code of its pending event, or 0
(@define index 1)    ;; where it is in the table of its instance, or 0
(@define set 2)      ;; the set that it is a member of, or 0
(@define after 3)    ;; among the members of its set that have an event: the next one, or 0,
(@define before 4)   ;; and the one before it, or 0
(@define state 5)    ;; a subtask: `Subtask.State`; an end of a stream or a future: `CopyState`
(@define outer 17)   ;; where the component around the module has it, or 0; not in a task of the host, which is none
(@define enlisted 30);; where that is not 0: its events come

;; A set (`WaitableSet`).
(@define members 0)
(@define waiting 1)  ;; `num_waiting`
(@define oldest 2)   ;; its members that have an event, oldest first
(@define newest 3)
(@define waiter 4)   ;; the tasks whose callbacks wait for it

(func (export "set_new") (result i32)
  (local $set i32)
  (local.set $set (call $allocate))
  (@store @members (local.get $set) (i32.const 0))
  (@store @waiting (local.get $set) (i32.const 0))
  (@store @oldest (local.get $set) (i32.const 0))
  (@store @newest (local.get $set) (i32.const 0))
  (@store @waiter (local.get $set) (i32.const 0))
  (local.get $set))

(func (export "set_drop") (param $set i32)
  (if (i32.or (@load @members (local.get $set)) (@load @waiting (local.get $set)))
    (then (call $trap_waitable) (unreachable)))
  (call $release (local.get $set)))

;; `Waitable.join`; set 0 is none.
(func $join (export "join") (param $waitable i32) (param $set i32)
  (local $old i32)
  (if (local.tee $old (@load @set (local.get $waitable)))
    (then
      (if (@load @event (local.get $waitable))
        (then (call $unlink (local.get $waitable))))
      (@store @members (local.get $old) (i32.sub (@load @members (local.get $old)) (i32.const 1)))))
  (@store @set (local.get $waitable) (local.get $set))
  (if (local.get $set)
    (then
      (@store @members (local.get $set) (i32.add (@load @members (local.get $set)) (i32.const 1)))
      (if (@load @event (local.get $waitable))
        (then (call $link (local.get $waitable)))))))

;; `Waitable.set_pending_event`: a newer event takes the place of an older one.
(func $set_event (param $waitable i32) (param $code i32)
  (local $old i32)
  (local.set $old (@load @event (local.get $waitable)))
  (@store @event (local.get $waitable) (local.get $code))
  (if (i32.eqz (local.get $old))
    (then
      (if (@load @set (local.get $waitable))
        (then (call $link (local.get $waitable)))))))

;; The event is no longer pending.
(func $clear_event (param $waitable i32)
  (if (i32.eqz (@load @event (local.get $waitable)))
    (then (return)))
  (if (@load @set (local.get $waitable))
    (then (call $unlink (local.get $waitable))))
  (@store @event (local.get $waitable) (i32.const 0)))

;; Puts a member that has got an event behind those that have one, and makes ready what waits for the set.
(func $link (param $waitable i32)
  (local $set i32) (local $last i32) (local $task i32)
  (local.set $set (@load @set (local.get $waitable)))
  (local.set $last (@load @newest (local.get $set)))
  (@store @after (local.get $waitable) (i32.const 0))
  (@store @before (local.get $waitable) (local.get $last))
  (@store @newest (local.get $set) (local.get $waitable))
  (if (local.get $last)
    (then (@store @after (local.get $last) (local.get $waitable)))
    (else (@store @oldest (local.get $set) (local.get $waitable))))
  (local.set $task (@load @waiter (local.get $set)))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $task)))
      (call $push (local.get $task))
      (local.set $task (@load @next_waiter (local.get $task)))
      (br $next))))

(func $unlink (param $waitable i32)
  (local $set i32) (local $after i32) (local $before i32)
  (local.set $set (@load @set (local.get $waitable)))
  (local.set $after (@load @after (local.get $waitable)))
  (local.set $before (@load @before (local.get $waitable)))
  (if (local.get $before)
    (then (@store @after (local.get $before) (local.get $after)))
    (else (@store @oldest (local.get $set) (local.get $after))))
  (if (local.get $after)
    (then (@store @before (local.get $after) (local.get $before)))
    (else (@store @newest (local.get $set) (local.get $before)))))

;; `Waitable.get_pending_event`: code, index and payload.
(func $deliver (param $waitable i32) (result i32 i32 i32)
  (local $code i32)
  (local.set $code (@load @event (local.get $waitable)))
  (call $clear_event (local.get $waitable))
  (local.get $code)
  (@load @index (local.get $waitable))
  (if (result i32) (i32.eq (local.get $code) (i32.const 1))
    (then (call $deliver_subtask (local.get $waitable)))
    (else (call $deliver_copy (local.get $waitable) (local.get $code)))))

;; `WaitableSet.poll`.
(func $poll (export "poll") (param $set i32) (result i32 i32 i32)
  (local $waitable i32)
  (if (i32.eqz (local.tee $waitable (@load @oldest (local.get $set))))
    (then (return (i32.const 0) (i32.const 0) (i32.const 0))))
  (call $deliver (local.get $waitable)))

;; `WaitableSet.wait_for_event`, for code whose stack stays: other tasks run on top of it.
(func (export "wait") (param $set i32) (result i32 i32 i32)
  (@store @waiting (local.get $set) (i32.add (@load @waiting (local.get $set)) (i32.const 1)))
  (block $done
    (loop $next
      (br_if $done (@load @oldest (local.get $set)))
      (call $run_other)
      (br $next)))
  (@store @waiting (local.get $set) (i32.sub (@load @waiting (local.get $set)) (i32.const 1)))
  (call $poll (local.get $set)))
