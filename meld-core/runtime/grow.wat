;; The growth of a memory that is a window of a larger one: `memory.grow` and `memory.size` of the core specification
;; on a size of its own. Pages are those of the memory. What is added is zero, because no code has written there.
(import "window" "initial" (global $initial i32)) ;; pages at first
(import "window" "maximum" (global $maximum i32)) ;; pages for which there is room
(global $size (export "size") (mut i32) (global.get $initial))

(func $grow (export "grow") (param $delta i32) (result i32)
  (local $old i32)
  (local.set $old (global.get $size))
  ;; The size never exceeds the maximum, so the difference does not wrap.
  (if (i32.gt_u (local.get $delta) (i32.sub (global.get $maximum) (local.get $old)))
    (then (return (i32.const -1))))
  (global.set $size (i32.add (local.get $old) (local.get $delta)))
  (local.get $old))
