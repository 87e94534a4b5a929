;; A task and the subtask that it is for its caller, in one record. `state` of the waitable is `Subtask.State`.
(@define phase 6)       ;; `Task.State`: 1 to 5
(@define flags 7)       ;; bits: see below
(@define run 8)         ;; where its code is: 0 running, or not started; 1 waits to enter; 2 has yielded; 3 waits for a set; 4 has ended
(@define entry 9)       ;; the number of the call that it is of
(@define of 10)         ;; the place of its instance
(@define waits_for 11)  ;; the set, where `run` is 3
(@define next_waiter 12);; the next task that waits for that set, or 0
(@define queued 13)     ;; the next task in the ready queue, or among those that wait to enter
(@define out 14)        ;; the caller's pointer to the place of the result
(@define set_of_host 15);; a task that the host called: its set there,
(@define reader 16)     ;; and the ends of the stream that wakes it
(@define writer 17)
(@define lends 15)      ;; a task that another instance called: handles that the caller lends it, or 0,
(@define borrows 16)    ;; and `num_borrows`
(@define root_borrows 14);; a task that the host called: `num_borrows`
(@define copies 22)     ;; a task of the host: operations of ends that it has begun outside, and that are not over
(@define after_root 24) ;; in the list of those tasks: the next one, or 0,
(@define before_root 25);; and the one before it, or 0
(@define words 18)      ;; two context slots; parameters that wait with it, or a result, two words each

(@define is_queued 1)   ;; it is in the ready queue
(@define delivered 2)   ;; `Subtask.resolve_delivered`
(@define requested 4)   ;; `Subtask.cancellation_requested`
(@define cancels 8)     ;; its next event is that it is cancelled
(@define callee_done 16);; nothing of the callee is left
(@define caller_done 32);; nothing of the caller is left
(@define root 64)       ;; the host called it
(@define parked 128)    ;; the host waits for its stream
(@define reads 256)     ;; that stream has a read,
(@define woken 512)     ;; and something was written to it that has not arrived
(@define (is bit task) (i32.and (@load @flags {task}) (i32.const {bit})))
(@define (on bit task) (@store @flags {task} (i32.or (@load @flags {task}) (i32.const {bit}))))
(@define (off bit task)
  (@store @flags {task} (i32.and (@load @flags {task}) (i32.xor (i32.const {bit}) (i32.const -1)))))

(global $current (mut i32) (i32.const 0)) ;; the task whose code runs, or 0 if none may return or be cancelled
(global $host (mut i32) (i32.const 0))    ;; the task of the host that runs, or ran last; or 0
(global $own (mut i32) (i32.const 0))     ;; the task of the host whose call runs the loop, or 0
(global $depth (mut i32) (i32.const 0))   ;; how many stacks wait below this one
(global $oldest_ready (mut i32) (i32.const 0))
(global $newest_ready (mut i32) (i32.const 0))
(global $ready (mut i32) (i32.const 0))   ;; how many are in the queue
(global $unended (mut i32) (i32.const 0)) ;; how many tasks have not ended
(global $turns (mut i32) (i32.const 0))   ;; how often something ran on top of code that waits
(global $entering (mut i32) (i32.const 0));; how many wait to enter, of all instances
