;; Streams and futures whose ends are all inside; `tasks_outer` has the others (`SharedStreamImpl`, `SharedFutureImpl`, `CopyEnd`). What both ends have in common is a
;; record, and so is each end, which is a waitable. The two operations that meet copy elements through the adapter `copy`.
(@define dropped 0)  ;; one end is gone
(@define pending 1)  ;; the end whose operation waits for the other, or 0
(@define ends 2)     ;; how many there are
(@define is_future 3)
(@define writable 5) ;; the writable end, or 0 if it is gone
(@define is_number 4);; the element is a number, or there is none: both ends may be in one instance

;; An end. `state` of the waitable is `CopyState`: 1 idle, 2 copying, 3 being cancelled, 4 done.
(@define shared 6)
(@define result 7)   ;; `CopyResult`: 0 completed, 1 dropped, 2 cancelled
(@define pointer 8)  ;; of the operation: where its elements are,
(@define length 9)   ;; how many it has room for,
(@define progress 10);; how many were copied,
(@define op 11)      ;; and which built-in began it
(@define size_of 12) ;; the bytes of an element there
(@define instance_of 13)
(@define begun_by 15);; the task of the host in which the operation began, if the host has the other end
(@define code 14)    ;; of its events: 2 and 4 for a readable end, 3 and 5 for a writable one

;; The readable and the writable end.
(func (export "pair_new") (param $is_future i32) (param $is_number i32) (result i32 i32)
  (local $shared i32) (local $code i32) (local $writable i32)
  (local.set $shared (call $allocate))
  (@store @dropped (local.get $shared) (i32.const 0))
  (@store @pending (local.get $shared) (i32.const 0))
  (@store @ends (local.get $shared) (i32.const 2))
  (@store @is_future (local.get $shared) (local.get $is_future))
  (@store @is_number (local.get $shared) (local.get $is_number))
  (local.set $code (i32.add (i32.const 2) (i32.shl (local.get $is_future) (i32.const 1))))
  (call $end_new (local.get $shared) (local.get $code))
  ;; Not in the store itself: words may move while a record is made.
  (local.set $writable (call $end_new (local.get $shared) (i32.add (local.get $code) (i32.const 1))))
  (@store @writable (local.get $shared) (local.get $writable))
  (local.get $writable))

(func $end_new (param $shared i32) (param $code i32) (result i32)
  (local $end i32)
  (local.set $end (call $allocate))
  (@store @event (local.get $end) (i32.const 0))
  (@store @index (local.get $end) (i32.const 0))
  (@store @set (local.get $end) (i32.const 0))
  (@store @state (local.get $end) (i32.const 1))
  (@store @shared (local.get $end) (local.get $shared))
  (@store @code (local.get $end) (local.get $code))
  (@store @outer (local.get $end) (i32.const 0))
  (@store @enlisted (local.get $end) (i32.const 0))
  (local.get $end))

;; The end is at that index of the table of its instance. Returns the index.
(func (export "end_at") (param $end i32) (param $index i32) (result i32)
  (@store @index (local.get $end) (local.get $index))
  (local.get $index))

;; `lift_async_value`: the end has left its table. Returns it.
(func (export "end_lift") (param $end i32) (result i32)
  (if (i32.ne (@load @state (local.get $end)) (i32.const 1))
    (then (call $trap_copy) (unreachable)))
  (if (@load @set (local.get $end))
    (then (call $trap_waitable) (unreachable)))
  (@store @index (local.get $end) (i32.const 0))
  (local.get $end))

;; Where the operation of an end goes on.
(func $here (param $end i32) (result i32)
  (i32.add
    (@load @pointer (local.get $end))
    (i32.mul (@load @progress (local.get $end)) (@load @size_of (local.get $end)))))

(func $remain (param $end i32) (result i32)
  (i32.sub (@load @length (local.get $end)) (@load @progress (local.get $end))))

;; Copies `count` elements between the two ends.
(func $move (param $end i32) (param $other i32) (param $count i32)
  (local $writing i32) (local $reading i32)
  (local.set $writing (local.get $end))
  (local.set $reading (local.get $other))
  (if (i32.eqz (i32.and (@load @code (local.get $end)) (i32.const 1)))
    (then
      (local.set $writing (local.get $other))
      (local.set $reading (local.get $end))))
  (call $copy_elements
    (@load @op (local.get $writing)) (@load @op (local.get $reading))
    (call $here (local.get $writing)) (call $here (local.get $reading)) (local.get $count))
  (@store @progress (local.get $writing) (i32.add (@load @progress (local.get $writing)) (local.get $count)))
  (@store @progress (local.get $reading) (i32.add (@load @progress (local.get $reading)) (local.get $count))))

(func $notify (param $end i32) (param $result i32)
  (@store @result (local.get $end) (local.get $result))
  (call $set_event (local.get $end) (@load @code (local.get $end))))

;; `stream.read`, `stream.write`, `future.read`, `future.write`, once the range was checked. Returns -1 if it waits.
(func (export "end_copy") (param $end i32) (param $op i32) (param $pointer i32) (param $length i32) (param $size i32)
    (param $instance i32) (param $async i32) (result i32)
  (local $shared i32) (local $other i32) (local $count i32)
  (if (i32.ne (@load @state (local.get $end)) (i32.const 1))
    (then (call $trap_copy) (unreachable)))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $end))
        (then (call $trap_waitable) (unreachable)))))
  (@store @op (local.get $end) (local.get $op))
  (@store @pointer (local.get $end) (local.get $pointer))
  (@store @length (local.get $end) (local.get $length))
  (@store @progress (local.get $end) (i32.const 0))
  (@store @size_of (local.get $end) (local.get $size))
  (@store @instance_of (local.get $end) (local.get $instance))
  (@store @state (local.get $end) (i32.const 2))
  (local.set $shared (@load @shared (local.get $end)))
  (block $decided
    (if (@load @dropped (local.get $shared))
      (then
        (call $notify (local.get $end) (i32.const 1))
        (br $decided)))
    (local.set $other (@load @pending (local.get $shared)))
    (if (i32.eqz (local.get $other))
      (then
        (@store @pending (local.get $shared) (local.get $end))
        (br $decided)))
    (if (i32.eq (@load @instance_of (local.get $other)) (local.get $instance))
      (then
        (if (i32.eqz (@load @is_number (local.get $shared)))
          (then (call $trap_copy) (unreachable)))))
    (if (@load @is_future (local.get $shared))
      (then
        (call $move (local.get $end) (local.get $other) (i32.const 1))
        (@store @pending (local.get $shared) (i32.const 0))
        (call $notify (local.get $other) (i32.const 0))
        (call $notify (local.get $end) (i32.const 0))
        (br $decided)))
    (if (local.tee $count (call $remain (local.get $other)))
      (then
        (if (local.get $length)
          (then
            (if (i32.lt_u (local.get $length) (local.get $count))
              (then (local.set $count (local.get $length))))
            (call $move (local.get $end) (local.get $other) (local.get $count))
            (call $notify (local.get $other) (i32.const 0))))
        (call $notify (local.get $end) (i32.const 0))
        (br $decided)))
    ;; Both are empty: what is written has arrived, and the reader goes on waiting.
    (if (i32.and (@load @code (local.get $end)) (i32.const 1))
      (then
        (if (i32.eqz (i32.or (local.get $length) (@load @length (local.get $other))))
          (then
            (call $notify (local.get $end) (i32.const 0))
            (br $decided)))))
    (call $notify (local.get $other) (i32.const 0))
    (@store @pending (local.get $shared) (local.get $end)))
  (if (i32.eqz (@load @event (local.get $end)))
    (then
      (if (local.get $async)
        (then (return (i32.const -1))))
      (block $done
        (loop $next
          (br_if $done (@load @event (local.get $end)))
          (call $run_other)
          (br $next)))))
  (call $take_result (local.get $end)))

;; The event of an end is delivered at once, as the result of a built-in.
(func $take_result (param $end i32) (result i32)
  (local $code i32)
  (local.set $code (@load @event (local.get $end)))
  (call $clear_event (local.get $end))
  (call $deliver_copy (local.get $end) (local.get $code)))

;; `stream_event`, `future_event`: the payload.
(func $deliver_copy (param $end i32) (param $code i32) (result i32)
  (local $shared i32) (local $result i32)
  (local.set $shared (@load @shared (local.get $end)))
  (local.set $result (@load @result (local.get $end)))
  (if (i32.eq (@load @pending (local.get $shared)) (local.get $end))
    (then (@store @pending (local.get $shared) (i32.const 0))))
  (if (i32.ge_u (local.get $code) (i32.const 4))
    (then
      (@store @state (local.get $end)
        (select (i32.const 1) (i32.const 4) (i32.eq (local.get $result) (i32.const 2))))
      (return (local.get $result))))
  (@store @state (local.get $end) (select (i32.const 4) (i32.const 1) (i32.eq (local.get $result) (i32.const 1))))
  (i32.or (local.get $result) (i32.shl (@load @progress (local.get $end)) (i32.const 4))))

;; `stream.cancel-read` and the others. What all sides are inside of is cancelled at once.
(func (export "end_cancel") (param $end i32) (param $async i32) (result i32)
  (if (i32.ne (@load @state (local.get $end)) (i32.const 2))
    (then (call $trap_copy) (unreachable)))
  (if (i32.eqz (local.get $async))
    (then
      (if (@load @set (local.get $end))
        (then (call $trap_waitable) (unreachable)))))
  (@store @state (local.get $end) (i32.const 3))
  (if (i32.eqz (@load @event (local.get $end)))
    (then
      (@store @pending (@load @shared (local.get $end)) (i32.const 0))
      (call $notify (local.get $end) (i32.const 2))))
  ;; What was copied before shows in the count. The result of a stream is that it was cancelled.
  (if (i32.and (i32.lt_u (@load @code (local.get $end)) (i32.const 4)) (i32.eqz (@load @result (local.get $end))))
    (then (@store @result (local.get $end) (i32.const 2))))
  (call $take_result (local.get $end)))

;; `stream.drop-readable` and the others, without the entry.
(func (export "end_drop") (param $end i32)
  (local $shared i32) (local $other i32) (local $state i32)
  (local.set $state (@load @state (local.get $end)))
  (if (i32.or (i32.eq (local.get $state) (i32.const 2)) (i32.eq (local.get $state) (i32.const 3)))
    (then (call $trap_copy) (unreachable)))
  (if (i32.and (i32.eq (@load @code (local.get $end)) (i32.const 5)) (i32.ne (local.get $state) (i32.const 4)))
    (then (call $trap_copy) (unreachable)))
  (if (@load @outer (local.get $end))
    (then
      (call $delist (local.get $end))
      (call $join (local.get $end) (i32.const 0))
      (call $release (local.get $end))
      (return)))
  (local.set $shared (@load @shared (local.get $end)))
  (@store @dropped (local.get $shared) (i32.const 1))
  (if (i32.and (@load @code (local.get $end)) (i32.const 1))
    (then (@store @writable (local.get $shared) (i32.const 0))))
  (if (local.tee $other (@load @pending (local.get $shared)))
    (then
      (@store @pending (local.get $shared) (i32.const 0))
      (call $notify (local.get $other) (i32.const 1))))
  (call $join (local.get $end) (i32.const 0))
  (call $release (local.get $end))
  (@store @ends (local.get $shared) (i32.sub (@load @ends (local.get $shared)) (i32.const 1)))
  (if (i32.eqz (@load @ends (local.get $shared)))
    (then (call $release (local.get $shared)))))
