;; The address of entry `i`, which must be of type `tag`.
(func $get (param $tag i32) (param $i i32) (result i32)
  (local $entry i32)
  (local.set $entry (i32.shl (local.get $i) (i32.const 4)))
  (if (i32.ge_u (local.get $i) (global.get $len))
    (then (call $trap_unknown) (unreachable)))
  ;; A free entry is of no type.
  (if (i32.ne (i32.load (local.get $entry)) (local.get $tag))
    (then (call $trap_mismatch (local.get $entry)) (unreachable)))
  (local.get $entry))

;; Says why the entry is not of the type that was asked for.
(func $trap_mismatch (param $entry i32)
  (if (i32.eqz (i32.load (local.get $entry)))
    (then (call $trap_unknown) (unreachable)))
  (call $trap_type)
  (unreachable))

;; `Table.add`: reuses the entry freed last, or takes a new one.
(func $add (param $tag i32) (param $rep i32) (param $state i32) (result i32)
  (local $i i32) (local $entry i32)
  (if (local.tee $i (global.get $free))
    (then
      (local.set $entry (i32.shl (local.get $i) (i32.const 4)))
      (global.set $free (i32.load offset=4 (local.get $entry))))
    (else
      (local.set $i (global.get $len))
      (local.set $entry (i32.shl (local.get $i) (i32.const 4)))
      (if (i32.lt_u (i32.sub (global.get $sp) (local.get $entry)) (i32.const 16))
        (then (call $grow)))
      (global.set $len (i32.add (local.get $i) (i32.const 1)))))
  (i32.store (local.get $entry) (local.get $tag))
  (i32.store offset=4 (local.get $entry) (local.get $rep))
  (i32.store offset=8 (local.get $entry) (i32.const 0))
  (i32.store offset=12 (local.get $entry) (local.get $state))
  (local.get $i))

;; `Table.remove`, after all checks. Returns the representation.
(func $remove (param $i i32) (result i32)
  (local $entry i32) (local $rep i32)
  (local.set $entry (i32.shl (local.get $i) (i32.const 4)))
  (local.set $rep (i32.load offset=4 (local.get $entry)))
  (i32.store (local.get $entry) (i32.const 0))
  (i32.store offset=4 (local.get $entry) (global.get $free))
  (global.set $free (local.get $i))
  (local.get $rep))

;; Adds a page or more between the entries and the stack. The memory's own limit of 4 GiB is the limit of the
;; table: index 2^28 - 1 is the last that fits. The end of a memory of this size is 0 modulo 2^32, and so may
;; be `$sp`; differences of addresses are right all the same.
(func $grow
  (local $pages i32) (local $end i32) (local $moved i32)
  (local.set $pages (memory.size))
  (local.set $end (i32.shl (local.get $pages) (i32.const 16)))
  ;; Twice the size, or if that is refused, a page more.
  (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
    (then
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
        (then (call $trap_full) (unreachable)))))
  ;; The stack follows the end.
  (local.set $moved (i32.add (global.get $sp) (i32.sub {end} (local.get $end))))
  (memory.copy (local.get $moved) (global.get $sp) (i32.sub (local.get $end) (global.get $sp)))
  (global.set $sp (local.get $moved)))
