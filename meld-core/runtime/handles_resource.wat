;; `resource.new` and `lower_own`.
(func (export "new_own") (param $tag i32) (param $rep i32) (result i32)
  (call $add (local.get $tag) (local.get $rep) (i32.const 0)))

;; `resource.rep`.
(func (export "rep") (param $tag i32) (param $i i32) (result i32)
  (@load @rep (call $get (local.get $tag) (local.get $i))))

;; `lift_own`: takes the entry away and returns its representation.
(func (export "take_own") (param $tag i32) (param $i i32) (result i32)
  (local $entry i32)
  (local.set $entry (call $get (local.get $tag) (local.get $i)))
  (if (@load @lends (local.get $entry))
    (then (call $trap_lent) (unreachable)))
  (if (@load @state (local.get $entry))
    (then (call $trap_not_own) (unreachable)))
  (call $remove (local.get $i)))

;; `resource.drop` but for the destructor, which the caller calls afterwards, when the index is free again.
;; Returns the representation, and: 1 for an own; 0 for a borrow; 2 for a borrow that owns its handle of the host.
(func (export "drop") (param $tag i32) (param $i i32) (result i32 i32)
  (local $entry i32) (local $state i32) (local $count i32)
  (local.set $entry (call $get (local.get $tag) (local.get $i)))
  (if (@load @lends (local.get $entry))
    (then (call $trap_lent) (unreachable)))
  (local.set $state (@load @state (local.get $entry)))
  (if (i32.and (local.get $state) (i32.const 1))
    (then
      (local.set $count (call $count (i32.and (local.get $state) (i32.const -4))))
      (@store 0 (local.get $count) (i32.sub (@load 0 (local.get $count)) (i32.const 1)))
      (@store @state (local.get $entry) (i32.const 0))))
  (call $remove (local.get $i))
  (i32.xor (i32.and (local.get $state) (i32.const 3)) (i32.const 1)))
;; `Table.get`, of any type: the tag and the representation.
(func (export "find") (param $i i32) (result i32 i32)
  (local $entry i32)
  (if (i32.ge_u (local.get $i) (global.get $len))
    (then (call $trap_unknown) (unreachable)))
  (local.set $entry (@entry (local.get $i)))
  (if (i32.eqz (@load @tag (local.get $entry)))
    (then (call $trap_unknown) (unreachable)))
  (@load @tag (local.get $entry))
  (@load @rep (local.get $entry)))

;; `drop` where borrows may be those of a task: then the third result is the place of the task, and otherwise 0. The state of such an
;; entry has the highest bit.
(func (export "drop_of_task") (param $tag i32) (param $i i32) (result i32 i32 i32)
  (local $entry i32) (local $state i32) (local $count i32) (local $task i32)
  (local.set $entry (call $get (local.get $tag) (local.get $i)))
  (if (@load @lends (local.get $entry))
    (then (call $trap_lent) (unreachable)))
  (local.set $state (@load @state (local.get $entry)))
  (if (i32.and (local.get $state) (i32.const 1))
    (then
      (if (i32.lt_s (local.get $state) (i32.const 0))
        (then (local.set $task (i32.and (local.get $state) (i32.const 0x7fff_fffc))))
        (else
          (local.set $count (call $count (i32.and (local.get $state) (i32.const -4))))
          (@store 0 (local.get $count) (i32.sub (@load 0 (local.get $count)) (i32.const 1)))))
      (@store @state (local.get $entry) (i32.const 0))))
  (call $remove (local.get $i))
  (i32.xor (i32.and (local.get $state) (i32.const 3)) (i32.const 1))
  (local.get $task))
