;; The handle table of one component instance: `Table` and `ResourceHandle` of the specification, and the
;; bookkeeping of lent handles (`num_lends`) and of borrow scopes (`num_borrows`) for synchronous calls.
(import "trap" "handle-unknown" (func $trap_unknown))
(import "trap" "handle-type" (func $trap_type))
(import "trap" "handle-lent" (func $trap_lent))
(import "trap" "handle-not-own" (func $trap_not_own))
(import "trap" "handle-table-full" (func $trap_full))
(import "trap" "borrow-leak" (func $trap_leak))
