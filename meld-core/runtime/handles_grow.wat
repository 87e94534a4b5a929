;; Adds words between the entries and the stack, which follows the end. Index 2^28 - 1 is the last that any storage has
;; room for.
(func $grow
  (local $end i32) (local $from i32) (local $to i32)
  (local.set $end @end)
  (local.set $from (global.get $sp))
  (call $enlarge)
  (local.set $to (i32.add (local.get $from) (i32.sub @end (local.get $end))))
  (@move $to $from $end)
  (global.set $sp (local.get $to)))
