;; The place of entry `i`, which must be of type `tag`.
(func $get (param $tag i32) (param $i i32) (result i32)
  (local $entry i32)
  (local.set $entry (@entry (local.get $i)))
  (if (i32.ge_u (local.get $i) (global.get $len))
    (then (call $trap_unknown) (unreachable)))
  ;; A free entry is of no type.
  (if (i32.ne (@load @tag (local.get $entry)) (local.get $tag))
    (then (call $trap_mismatch (local.get $entry)) (unreachable)))
  (local.get $entry))

;; Says why the entry is not of the type that was asked for.
(func $trap_mismatch (param $entry i32)
  (if (i32.eqz (@load @tag (local.get $entry)))
    (then (call $trap_unknown) (unreachable)))
  (call $trap_type)
  (unreachable))

;; `Table.add`: reuses the entry freed last, or takes a new one.
(func $add (param $tag i32) (param $rep i32) (param $state i32) (result i32)
  (local $i i32) (local $entry i32)
  (if (local.tee $i (global.get $free))
    (then
      (local.set $entry (@entry (local.get $i)))
      (global.set $free (@load @rep (local.get $entry))))
    (else
      (local.set $i (global.get $len))
      (local.set $entry (@entry (local.get $i)))
      (if (@short 4 (local.get $entry) (global.get $sp))
        (then (call $grow)))
      (global.set $len (i32.add (local.get $i) (i32.const 1)))
      ;; The stack may have been here.
      (@store @lends (local.get $entry) (i32.const 0))
      (@store @state (local.get $entry) (i32.const 0))))
  (@store @tag (local.get $entry) (local.get $tag))
  (@store @rep (local.get $entry) (local.get $rep))
  (if (local.get $state)
    (then (@store @state (local.get $entry) (local.get $state))))
  (local.get $i))

;; `Table.remove`, after all checks: what is removed is not lent, and its state is 0. Returns the representation.
(func $remove (param $i i32) (result i32)
  (local $entry i32) (local $rep i32)
  (local.set $entry (@entry (local.get $i)))
  (local.set $rep (@load @rep (local.get $entry)))
  (@store @tag (local.get $entry) (i32.const 0))
  (@store @rep (local.get $entry) (global.get $free))
  (global.set $free (local.get $i))
  (local.get $rep))
