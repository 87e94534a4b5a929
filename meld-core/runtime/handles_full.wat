;; A region never grows.
(func $grow
  (call $trap_full)
  (unreachable))
