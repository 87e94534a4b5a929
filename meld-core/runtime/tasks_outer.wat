;; What the host has the other side of: calls of its functions that it has not answered, and ends of streams and futures whose other end is
;; outside. Each is an entry in the table of its instance as any other is, and its record has the index by which the component around the
;; module knows it, its *outer* index. One set of that component has all of those that wait. One call of the host waits for it,
;; the *carrier*, and has events translated to the records; or code that stays on its stack does.
(global $outer_set (mut i32) (i32.const 0)) ;; that set, or 0
(global $pending (mut i32) (i32.const 0))   ;; how many wait for the host
(global $carrier (mut i32) (i32.const 0))   ;; the task of the host that waits for that set where it parks, or 0
(global $attends (mut i32) (i32.const 0))   ;; whether it does so now: the host has not called it again
(global $outers (mut i32) (i32.const 0))    ;; a tree from outer indices to records: 32 branches for each five bits, or 0

(func (export "outer_set") (result i32) (global.get $outer_set))
(func (export "set_outer_set") (param $set i32) (global.set $outer_set (local.get $set)))

;; The place of the record that has this outer index. It may make room, so nothing of a load or a store comes before it.
(func $outer_place (param $index i32) (result i32)
  (local $node i32) (local $place i32) (local $shift i32)
  (if (i32.eqz (global.get $outers))
    (then (global.set $outers (call $branches))))
  (local.set $node (global.get $outers))
  (local.set $shift (i32.const 25))
  (loop $next (result i32)
    (local.set $place
      (call $at (local.get $node) (i32.and (i32.shr_u (local.get $index) (local.get $shift)) (i32.const 31))))
    (if (i32.eqz (local.get $shift))
      (then (return (local.get $place))))
    (local.set $node (@load 0 (local.get $place)))
    (if (i32.eqz (local.get $node))
      (then
        (local.set $node (call $branches))
        (@store 0 (local.get $place) (local.get $node))))
    (local.set $shift (i32.sub (local.get $shift) (i32.const 5)))
    (br $next)))

;; A node of the tree. Nodes stay, and are not counted.
(func $branches (result i32)
  (local $node i32) (local $n i32)
  (local.set $node (call $allocate))
  (global.set $live (i32.sub (global.get $live) (i32.const 1)))
  (loop $next
    (@store 0 (call $at (local.get $node) (local.get $n)) (i32.const 0))
    (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 32))))
  (local.get $node))

;; The outer index of a waitable, or 0.
(func (export "outer_of") (param $waitable i32) (result i32)
  (@load @outer (local.get $waitable)))

;; Events of the waitable come from now on, and from none on.
(func $enlist (param $waitable i32)
  (local $place i32)
  (if (@load @enlisted (local.get $waitable))
    (then (return)))
  (@store @enlisted (local.get $waitable) (i32.const 1))
  ;; Not in the store itself: words may move while the tree grows.
  (local.set $place (call $outer_place (@load @outer (local.get $waitable))))
  (@store 0 (local.get $place) (local.get $waitable))
  (call $join_outer (@load @outer (local.get $waitable)) (i32.const 1)))

(func $delist (param $waitable i32)
  (local $place i32)
  (if (i32.eqz (@load @enlisted (local.get $waitable)))
    (then (return)))
  (@store @enlisted (local.get $waitable) (i32.const 0))
  (local.set $place (call $outer_place (@load @outer (local.get $waitable))))
  (@store 0 (local.get $place) (i32.const 0))
  (call $join_outer (@load @outer (local.get $waitable)) (i32.const 0))
  (call $taken))

;; Something has left the outer set, or an event of it was taken. If the carrier waits there, the host may have chosen that event for it already, and some engines
;; cannot do without one then. So it gets another, of its own stream. For the same reason nobody else asks that set while the carrier waits for it.
(func $taken
  (if (global.get $attends)
    (then (call $wake (global.get $carrier)))))

;; What the host has answered meanwhile, for a task that has yielded.
(func (export "look")
  (if (i32.eqz (global.get $attends))
    (then (call $receive (i32.const 0)))))

;; Code that stays on its stack is to wait for the outer set. Then the carrier must not: the host may choose it for an event, and cannot call it before that code ends.
;; So the set becomes the carrier's own, and the set that it had is the outer one, with all members. The carrier is called when it can be.
(func $relieve
  (local $set i32)
  (if (i32.eqz (global.get $attends))
    (then (return)))
  (call $wake (global.get $carrier))
  (local.set $set (@load @set_of_host (global.get $carrier)))
  (@store @set_of_host (global.get $carrier) (global.get $outer_set))
  (global.set $outer_set (local.get $set))
  (global.set $carrier (i32.const 0))
  (global.set $attends (i32.const 0))
  (if (global.get $outers)
    (then (call $rejoin (global.get $outers) (i32.const 25)))))

;; All that a node of the tree leads to joins the outer set.
(func $rejoin (param $node i32) (param $shift i32)
  (local $n i32) (local $at i32)
  (loop $next
    (if (local.tee $at (@load 0 (call $at (local.get $node) (local.get $n))))
      (then
        (if (local.get $shift)
          (then (call $rejoin (local.get $at) (i32.sub (local.get $shift) (i32.const 5))))
          (else (call $join_outer (@load @outer (local.get $at)) (i32.const 1))))))
    (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 32)))))

(func $pends (param $waitable i32)
  (global.set $pending (i32.add (global.get $pending) (i32.const 1)))
  (call $enlist (local.get $waitable)))

;; The host has answered.
(func $answered
  (global.set $pending (i32.sub (global.get $pending) (i32.const 1))))

;; The same of an operation of an end. Some engines want the task that has begun it to be there until it is over.
(func $copy_pends (param $end i32)
  (call $pends (local.get $end))
  (@store @begun_by (local.get $end) (global.get $host))
  (if (global.get $host)
    (then (@store @copies (global.get $host) (i32.add (@load @copies (global.get $host)) (i32.const 1))))))

(func $copy_answered (param $end i32)
  (local $task i32)
  (call $answered)
  (if (i32.eqz (local.tee $task (@load @begun_by (local.get $end))))
    (then (return)))
  (@store @copies (local.get $task) (i32.sub (@load @copies (local.get $task)) (i32.const 1)))
  (if (@load @copies (local.get $task))
    (then (return)))
  (if (@is @caller_done (local.get $task))
    (then (call $end_of (local.get $task)))
    (else (call $wake_ended (local.get $task)))))

;; A call of the host that has only stayed looks again whether it has to.
(func $wake_ended (param $task i32)
  (if (i32.eq (@load @run (local.get $task)) (i32.const 4))
    (then
      (if (@is @parked (local.get $task))
        (then (call $wake (local.get $task)))))))

;; An event of that set: its code, the outer index, and the payload.
(func (export "outer_event") (param $code i32) (param $index i32) (param $payload i32)
  (local $waitable i32) (local $place i32)
  ;; The carrier itself waits for an answer while somebody wakes it.
  (if (global.get $carrier)
    (then
      (if (i32.and
            (i32.eq (local.get $code) (i32.const 2))
            (i32.eq (local.get $index) (@load @reader (global.get $carrier))))
        (then
          (@off @reads (global.get $carrier))
          (@off @woken (global.get $carrier))
          (return)))))
  (local.set $place (call $outer_place (local.get $index)))
  (if (i32.eqz (local.tee $waitable (@load 0 (local.get $place))))
    (then (call $trap_waitable) (unreachable)))
  (if (i32.eq (local.get $code) (i32.const 1))
    (then
      (call $outer_state (local.get $waitable) (local.get $payload))
      (call $progress (local.get $waitable) (local.get $payload))
      (return)))
  ;; Some engines tell an end that the other one is gone though it has no operation; its next one will say so.
  (if (i32.or
        (@load @event (local.get $waitable))
        (i32.gt_u (i32.sub (@load @state (local.get $waitable)) (i32.const 2)) (i32.const 1)))
    (then (return)))
  (call $copy_answered (local.get $waitable))
  (call $outer_result (local.get $waitable) (local.get $payload))
  (call $set_event (local.get $waitable) (local.get $code)))

;; A call of a function of the host that has not returned at once, in that state: `entry` is its number among these functions. The
;; caller has the number `instance`.
(func (export "outer_call") (param $entry i32) (param $instance i32) (param $index i32) (param $state i32) (result i32)
  (local $task i32)
  (local.set $task (call $new (local.get $entry) (local.get $instance)))
  (global.set $unended (i32.sub (global.get $unended) (i32.const 1)))
  (@on @callee_done (local.get $task))
  (@store @run (local.get $task) (i32.const 4))
  (@store @state (local.get $task) (local.get $state))
  (@store @outer (local.get $task) (local.get $index))
  (@store @enlisted (local.get $task) (i32.const 0))
  (call $holds_nothing (local.get $task))
  (call $pends (local.get $task))
  (local.get $task))

;; Such a call gets to that state. If it begins, what it was given leaves the caller. If that is its last state, the result is made the caller's, and nothing of the
;; call is left outside.
(func $outer_state (param $task i32) (param $state i32)
  (if (i32.eqz (@load @state (local.get $task)))
    (then
      ;; Not `CANCELLED_BEFORE_STARTED`.
      (if (i32.ne (local.get $state) (i32.const 3))
        (then (call $begin_call (local.get $task) (local.get $state))))))
  (if (i32.lt_u (local.get $state) (i32.const 2))
    (then (return)))
  (call $answered)
  (call $delist (local.get $task))
  (call $finish_call (local.get $task) (@load @outer (local.get $task)) (local.get $state))
  (@store @outer (local.get $task) (i32.const 0)))

;; `canon subtask.cancel` of such a call. It must be in no set meanwhile if that blocks until the host has answered, and for some engines in any case.
(func (export "outer_cancel") (param $task i32) (param $async i32)
  (if (i32.or (@is @delivered (local.get $task)) (@is @requested (local.get $task)))
    (then (call $trap_state) (unreachable)))
  (@on @requested (local.get $task))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $task))
        (then (call $trap_waitable) (unreachable)))))
  (call $delist (local.get $task)))

;; What the host said to that: a state, or -1.
(func (export "outer_cancelled") (param $task i32) (param $state i32) (result i32)
  (if (i32.eq (local.get $state) (i32.const -1))
    (then
      (call $enlist (local.get $task))
      (return (i32.const -1))))
  (call $outer_state (local.get $task) (local.get $state))
  (@store @state (local.get $task) (local.get $state))
  (call $clear_event (local.get $task))
  (call $deliver_subtask (local.get $task)))

;; An end that has come from the host.
(func (export "outer_end") (param $index i32) (param $code i32) (result i32)
  (local $end i32)
  (local.set $end (call $end_new (i32.const 0) (local.get $code)))
  (@store @outer (local.get $end) (local.get $index))
  (local.get $end))

;; A readable end goes to the host when that has read it: it must be as `end_lift` has it then. Until then it is busy.
(func (export "outer_lend") (param $end i32)
  (if (i32.ne (@load @state (local.get $end)) (i32.const 1))
    (then (call $trap_copy) (unreachable)))
  (@store @state (local.get $end) (i32.const 2))
  (if (@load @outer (local.get $end))
    (then (call $delist (local.get $end)))))

(func (export "outer_unlend") (param $end i32)
  (@store @state (local.get $end) (i32.const 1)))

;; A readable end whose other end is outside goes there, after `end_lift`. Its record is free.
(func (export "outer_leave") (param $end i32)
  (call $delist (local.get $end))
  (call $release (local.get $end)))

;; A readable end of a pair inside goes to the host: `readable` and `index` are the outer indices of the two ends from now on. Returns whether the
;; writable one is gone already.
(func (export "outer_pair") (param $end i32) (param $readable i32) (param $index i32) (result i32)
  (local $shared i32) (local $writer i32) (local $pending i32)
  (local.set $shared (@load @shared (local.get $end)))
  (local.set $writer (@load @writable (local.get $shared)))
  (local.set $pending (@load @pending (local.get $shared)))
  (@store @shared (local.get $end) (i32.const 0))
  (@store @outer (local.get $end) (local.get $readable))
  (call $release (local.get $shared))
  (if (i32.eqz (local.get $writer))
    (then (return (i32.const 1))))
  (@store @shared (local.get $writer) (i32.const 0))
  (@store @outer (local.get $writer) (local.get $index))
  (call $holds_nothing (local.get $writer))
  ;; What it has begun to write goes to the host, unless an event of it waits already.
  (if (i32.eq (local.get $pending) (local.get $writer))
    (then
      (if (i32.eqz (@load @event (local.get $writer)))
        (then
          (if (i32.eq
                (local.tee $pending
                  (call $write_outside
                    (@load @op (local.get $writer)) (local.get $writer) (local.get $index)
                    (call $here (local.get $writer)) (call $remain (local.get $writer))))
                (i32.const -1))
            (then (call $copy_pends (local.get $writer)))
            (else
              (call $outer_result (local.get $writer) (local.get $pending))
              (call $set_event (local.get $writer) (@load @code (local.get $writer)))))))))
  (i32.const 0))

;; `stream.read` and the others, of such an end: before the host does it.
(func (export "outer_copy") (param $end i32) (param $async i32) (param $op i32) (param $pointer i32)
  (if (i32.ne (@load @state (local.get $end)) (i32.const 1))
    (then (call $trap_copy) (unreachable)))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $end))
        (then (call $trap_waitable) (unreachable)))))
  (@store @op (local.get $end) (local.get $op))
  (@store @pointer (local.get $end) (local.get $pointer))
  (@store @state (local.get $end) (i32.const 2))
  (call $holds_nothing (local.get $end)))

;; What the host said to that: a result, or -1 if it is to come.
(func (export "outer_copied") (param $end i32) (param $async i32) (param $result i32) (result i32)
  (if (i32.ne (local.get $result) (i32.const -1))
    (then
      (call $outer_result (local.get $end) (local.get $result))
      (return (call $deliver_copy (local.get $end) (@load @code (local.get $end))))))
  (call $copy_pends (local.get $end))
  (if (local.get $async)
    (then (return (i32.const -1))))
  (block $done
    (loop $next
      (br_if $done (@load @event (local.get $end)))
      (call $run_other)
      (br $next)))
  (call $take_result (local.get $end)))

(func $outer_result (param $end i32) (param $result i32)
  (@store @result (local.get $end) (i32.and (local.get $result) (i32.const 15)))
  (@store @progress (local.get $end) (i32.shr_u (local.get $result) (i32.const 4)))
  (call $settle
    (@load @op (local.get $end)) (local.get $end) (@load @pointer (local.get $end))
    (select
      (i32.eqz (@load @result (local.get $end)))
      (@load @progress (local.get $end))
      (i32.ge_u (@load @code (local.get $end)) (i32.const 4)))))

;; `stream.cancel-read` and the others. Returns 1 if the host has to be asked; otherwise the result is there, and `end_cancel` has it.
(func (export "outer_stop") (param $end i32) (param $async i32) (result i32)
  (if (@load @event (local.get $end))
    (then (return (i32.const 0))))
  (if (i32.ne (@load @state (local.get $end)) (i32.const 2))
    (then (call $trap_copy) (unreachable)))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $end))
        (then (call $trap_waitable) (unreachable)))
      (call $delist (local.get $end))))
  (@store @state (local.get $end) (i32.const 3))
  (i32.const 1))

;; What the host said to that.
(func (export "outer_stopped") (param $end i32) (param $result i32) (result i32)
  (if (i32.eq (local.get $result) (i32.const -1))
    (then (return (i32.const -1))))
  (call $taken)
  (call $copy_answered (local.get $end))
  (call $outer_result (local.get $end) (local.get $result))
  (call $deliver_copy (local.get $end) (@load @code (local.get $end))))

;; What a call of the host, or a write, was given and the host may not have read yet. While it has not, handles and ends stay in the caller's table, and the memory
;; has the host's numbers.
(@define leaves 12);; a list of what leaves the table then: tags and indices, and behind those of an element 0 and the number of the element
(@define notes 16) ;; a list of addresses, and what was there before
(global $leaving (mut i32) (i32.const 0)) ;; such lists in the making: in this one,
(global $noting (mut i32) (i32.const 0))  ;; addresses and what is to be there

(func $holds_nothing (param $waitable i32)
  (@store @leaves (local.get $waitable) (i32.const 0))
  (@store @notes (local.get $waitable) (i32.const 0)))

(func (export "leave") (param $tag i32) (param $index i32)
  (global.set $leaving (call $append (global.get $leaving) (local.get $tag)))
  (global.set $leaving (call $append (global.get $leaving) (local.get $index))))

(func (export "note") (param $address i32) (param $word i32)
  (global.set $noting (call $append (global.get $noting) (local.get $address)))
  (global.set $noting (call $append (global.get $noting) (local.get $word))))

;; The lists in the making, which are another's from now on.
(func (export "leaving") (result i32)
  (global.get $leaving)
  (global.set $leaving (i32.const 0)))

(func (export "noting") (result i32)
  (global.get $noting)
  (global.set $noting (i32.const 0)))

;; A list with two more words; and the rest of a list, and what was put there last.
(func (export "pair") (param $list i32) (param $first i32) (param $second i32) (result i32)
  (call $append (call $append (local.get $list) (local.get $first)) (local.get $second)))

(func (export "unpair") (param $list i32) (result i32 i32 i32)
  (call $take_pair (local.get $list)))

(func (export "hold") (param $waitable i32) (param $leaves i32) (param $notes i32)
  (@store @leaves (local.get $waitable) (local.get $leaves))
  (@store @notes (local.get $waitable) (local.get $notes)))

;; The lists of a subtask or an end, which has none any more.
(func (export "leaves") (param $waitable i32) (result i32)
  (@load @leaves (local.get $waitable))
  (@store @leaves (local.get $waitable) (i32.const 0)))

(func (export "notes") (param $waitable i32) (result i32)
  (@load @notes (local.get $waitable))
  (@store @notes (local.get $waitable) (i32.const 0)))

;; The calls of the host that have tasks, in a list, so that one can take over from another.
(global $roots (mut i32) (i32.const 0))

(func $root_begins (param $task i32)
  (global.set $host (local.get $task))
  (@store @before_root (local.get $task) (i32.const 0))
  (@store @after_root (local.get $task) (global.get $roots))
  (if (global.get $roots)
    (then (@store @before_root (global.get $roots) (local.get $task))))
  (global.set $roots (local.get $task)))

;; A call of the host ends, and the record of its task is free.
(func (export "root_end") (param $task i32)
  (local $before i32) (local $after i32) (local $at i32)
  (local.set $before (@load @before_root (local.get $task)))
  (local.set $after (@load @after_root (local.get $task)))
  (if (local.get $before)
    (then (@store @after_root (local.get $before) (local.get $after)))
    (else (global.set $roots (local.get $after))))
  (if (local.get $after)
    (then (@store @before_root (local.get $after) (local.get $before))))
  (if (i32.eq (global.get $host) (local.get $task))
    (then (global.set $host (i32.const 0))))
  (call $forget (local.get $task))
  (if (i32.eq (global.get $carrier) (local.get $task))
    (then (global.set $carrier (i32.const 0))))
  (if (i32.eqz (global.get $carrier))
    (then
      ;; One that is parked parks again, as the carrier.
      (if (global.get $pending)
        (then
          (local.set $at (global.get $roots))
          (block $done
            (loop $next
              (br_if $done (i32.eqz (local.get $at)))
              (if (@is @parked (local.get $at))
                (then
                  (call $wake (local.get $at))
                  (br $done)))
              (local.set $at (@load @after_root (local.get $at)))
              (br $next))))))
    (else (call $wake_ended (global.get $carrier))))
  (if (global.get $unended)
    (then (return)))
  (local.set $at (global.get $roots))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $at)))
      (call $wake_ended (local.get $at))
      (local.set $at (@load @after_root (local.get $at)))
      (br $next))))

;; The host calls a task of its own again.
(func (export "host_enters") (param $task i32)
  (global.set $host (local.get $task))
  (if (i32.eq (global.get $carrier) (local.get $task))
    (then (global.set $attends (i32.const 0))))
  (@off @parked (local.get $task)))

;; Whether a call of the host whose task has ended goes on, because tasks are left that the host's answers may make ready, and no other call is
;; there to receive them, or it has begun what is to be answered.
(func $stays (param $task i32) (result i32)
  (if (i32.or (i32.eqz (global.get $pending)) (i32.eqz (global.get $unended)))
    (then (return (i32.const 0))))
  (if (@load @copies (local.get $task))
    (then (return (i32.const 1))))
  (if (i32.ne (global.get $roots) (local.get $task))
    (then (return (i32.const 0))))
  (i32.eqz (@load @after_root (local.get $task))))

;; A call of the host parks. Whether it is the carrier now.
(func (export "carries") (param $task i32) (result i32)
  (if (i32.eqz (global.get $carrier))
    (then (global.set $carrier (local.get $task))))
  (if (result i32) (i32.eq (global.get $carrier) (local.get $task))
    (then
      (global.set $attends (i32.const 1))
      (i32.const 1))
    (else (i32.const 0))))

(func (export "is_carrier") (param $task i32) (result i32)
  (i32.eq (global.get $carrier) (local.get $task)))
