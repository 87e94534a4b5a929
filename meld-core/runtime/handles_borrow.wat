;; `lift_borrow` with one lender, which the caller remembers: returns the representation. `unlend` when the
;; callee has returned. `$get` is inline here: this is on the way of every call of a method.
(func (export "lend") (param $tag i32) (param $i i32) (result i32)
  (local $entry i32)
  (if (i32.ge_u (local.get $i) (global.get $len))
    (then (call $trap_unknown) (unreachable)))
  (local.set $entry (@entry (local.get $i)))
  (if (i32.ne (@load @tag (local.get $entry)) (local.get $tag))
    (then (call $trap_mismatch (local.get $entry)) (unreachable)))
  (@store @lends (local.get $entry) (i32.add (@load @lends (local.get $entry)) (i32.const 1)))
  (@load @rep (local.get $entry)))

;; The end of a `lend`. The entry is still the one that was lent: while it is, it cannot be removed.
(func $unlend (export "unlend") (param $i i32)
  (local $entry i32)
  (local.set $entry (@entry (local.get $i)))
  (@store @lends (local.get $entry) (i32.sub (@load @lends (local.get $entry)) (i32.const 1))))

;; `lift_borrow` with any number of lenders: `lend_mark` before the first, `lend_push` for each, and
;; `lend_release` with the mark when the callee has returned.
(func (export "lend_mark") (result i32)
  (@depth (global.get $sp)))

(func (export "lend_push") (param $tag i32) (param $i i32) (result i32)
  (local $entry i32)
  (local.set $entry (call $get (local.get $tag) (local.get $i)))
  (@store @lends (local.get $entry) (i32.add (@load @lends (local.get $entry)) (i32.const 1)))
  (call $push (local.get $i))
  (@load @rep (local.get $entry)))

(func (export "lend_release") (param $mark i32)
  (local $until i32)
  (local.set $until (@at_depth (local.get $mark)))
  (block $done
    (loop $next
      (br_if $done (i32.eq (global.get $sp) (local.get $until)))
      (call $unlend (@load 0 (global.get $sp)))
      (global.set $sp (@up 1 (global.get $sp)))
      (br $next))))

;; The index that was pushed last, which somebody else remembers from now on.
(func (export "lend_pop") (result i32)
  (local $index i32)
  (local.set $index (@load 0 (global.get $sp)))
  (global.set $sp (@up 1 (global.get $sp)))
  (local.get $index))

;; The scope of a call whose parameters hold borrows: `Task.num_borrows`, 0 at first. Returns the scope.
(func (export "scope_enter") (result i32)
  (call $push (i32.const 0))
  (@depth (global.get $sp)))

;; When the callee has returned, and before post-return: every borrow of the scope must have been dropped.
(func (export "scope_leave") (param $scope i32)
  (local $count i32)
  (local.set $count (call $count (local.get $scope)))
  (if (@load 0 (local.get $count))
    (then (call $trap_leak) (unreachable)))
  (global.set $sp (@up 1 (local.get $count))))

;; The place of the count of a scope's live borrows.
(func $count (param $scope i32) (result i32)
  (@at_depth (local.get $scope)))

;; `lower_borrow` where the callee is not the resource's own instance.
(func (export "new_borrow") (param $tag i32) (param $rep i32) (param $scope i32) (result i32)
  (call $borrow (local.get $tag) (local.get $rep) (local.get $scope) (i32.const 1)))

;; The same, for a borrow of a handle of the host which must be dropped with it.
(func (export "new_borrow_owning") (param $tag i32) (param $rep i32) (param $scope i32) (result i32)
  (call $borrow (local.get $tag) (local.get $rep) (local.get $scope) (i32.const 3)))

(func $borrow (param $tag i32) (param $rep i32) (param $scope i32) (param $bits i32) (result i32)
  (local $count i32)
  (local.set $count (call $count (local.get $scope)))
  (@store 0 (local.get $count) (i32.add (@load 0 (local.get $count)) (i32.const 1)))
  (call $add
    (local.get $tag) (local.get $rep)
    (i32.or (local.get $scope) (local.get $bits))))

(func $push (param $word i32)
  (if (@short 1 (@entry (global.get $len)) (global.get $sp))
    (then (call $grow)))
  (global.set $sp (@down 1 (global.get $sp)))
  (@store 0 (global.get $sp) (local.get $word)))

;; `lower_borrow` in a call that has a task, which counts its borrows itself. `scope` has the highest bit.
(func (export "new_borrow_of_task") (param $tag i32) (param $rep i32) (param $scope i32) (result i32)
  (call $add (local.get $tag) (local.get $rep) (i32.or (local.get $scope) (i32.const 1))))

;; The same, for a borrow of a handle of the host which must be dropped with it.
(func (export "new_borrow_of_task_owning") (param $tag i32) (param $rep i32) (param $scope i32) (result i32)
  (call $add (local.get $tag) (local.get $rep) (i32.or (local.get $scope) (i32.const 3))))
