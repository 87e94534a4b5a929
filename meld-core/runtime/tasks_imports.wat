;; Tasks, subtasks, waitables and waitable sets of all component instances that use them, and the loop that runs what is
;; ready: `Task`, `Subtask`, `Waitable`, `WaitableSet` and `Store.tick` of the specification. Indices are in the handle tables of the
;; instances: an entry there has a tag for its kind, and for its representation the place of a record here.
(import "trap" "task-state" (func $trap_state))
(import "trap" "waitable" (func $trap_waitable))
(import "trap" "copy-state" (func $trap_copy))
(import "trap" "callback-code" (func $trap_code))
(import "trap" "backpressure" (func $trap_backpressure))
(import "trap" "deadlock" (func $trap_deadlock))
(import "trap" "nested-wait" (func $trap_nested))
(import "trap" "borrow-leak" (func $trap_leak))
(import "trap" "tasks-full" (func $trap_full))
;; Of the adapters. `start` enters a task that had to wait for its instance, `resume` calls the callback of one, and `wake` has the
;; host call a task of its own again. Each calls back here.
(import "adapter" "start" (func $start_task (param $task i32)))
(import "adapter" "resume" (func $resume_task (param $task i32)))
(import "adapter" "wake" (func $wake_root (param $task i32)))
(import "adapter" "copy" (func $copy_elements (param $writing i32) (param $reading i32) (param $from i32) (param $to i32) (param $count i32)))
;; The caller of that task gets a handle back that it lent.
(import "adapter" "unlend" (func $unlend_handle (param $task i32) (param $index i32)))
;; Of the host. `receive` translates one event of the outer set, and waits for it if the flag says so. `join` has an outer index join that set or
;; leave it. `begin` takes what a call of the host was given out of the caller's table, with the state in which it is now; `finish` drops what is left of it outside, and has
;; its result made the caller's if the state says that there is one. `write` has the host write to an outer end, by the number of the built-in.
(import "outer" "receive" (func $receive (param $waits i32)))
(import "outer" "join" (func $join_outer (param $index i32) (param $joins i32)))
(import "outer" "begin" (func $begin_call (param $task i32) (param $state i32)))
(import "outer" "finish" (func $finish_call (param $task i32) (param $index i32) (param $state i32)))
(import "outer" "write" (func $write_outside (param $op i32) (param $end i32) (param $index i32) (param $pointer i32) (param $length i32) (result i32)))
;; An operation is over that has copied so many elements: handles and ends in them are the guest's again, or now.
(import "outer" "settle" (func $settle (param $op i32) (param $end i32) (param $pointer i32) (param $count i32)))
;; How many component instances there are; they have the numbers from 1.
(import "tasks" "instances" (global $instances i32))
