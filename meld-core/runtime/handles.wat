;; The handle table of one component instance: `Table` and `ResourceHandle` of the specification, and the
;; bookkeeping of lent handles (`num_lends`) and of borrow scopes (`num_borrows`) for synchronous calls.
;;
;; Entry `i`, from 1, is at 16 * i in a memory that no guest can reach:
;;    0  tag    the resource type, not 0; or 0 where the entry is free
;;    4  rep    the representation, or an outer handle for which the entry stands; in a free entry, the index
;;              of the entry freed before it, or 0
;;    8  lends  how often it is lent
;;   12  state  bit 0: borrow rather than own; bit 1: a borrow that owns the outer handle for which it stands;
;;              the rest: the scope of a borrow, a multiple of 4
;;
;; A stack of words grows down from the end of the same memory. Calls are synchronous and hence nested, and
;; so are frames: for a callee, its scope (one word, the count of its live borrows); for a caller, indices of
;; entries it has lent. A position in the stack is the distance in bytes from the end of the memory, so that it
;; outlives the move when memory grows.
;;
;; Where the memory cannot grow, `{end}` is constant, and what does not fit traps.
(import "trap" "handle-unknown" (func $trap_unknown))
(import "trap" "handle-type" (func $trap_type))
(import "trap" "handle-lent" (func $trap_lent))
(import "trap" "handle-not-own" (func $trap_not_own))
(import "trap" "handle-table-full" (func $trap_full))
(import "trap" "borrow-leak" (func $trap_leak))
{imports}
(memory $table 1)
(global $len (mut i32) (i32.const 1))       ;; entries ever used, with entry 0, which is reserved
(global $free (mut i32) (i32.const 0))      ;; the entry freed last, or 0
(global $sp (mut i32) {end at first}) ;; the address of the word pushed last
