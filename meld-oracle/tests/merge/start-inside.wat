;; Start functions that reach no import need no call from outside; a later segment that no start function can
;; see stays active.
;; has: (start
;; lacks: _initialize
;; lacks: memory.init
(component
  (core module $first
    (memory (export "m") 1)
    (global $g (mut i32) (i32.const 0))
    (func $start (global.set $g (i32.const 11)))
    (start $start)
    (func (export "run") (result i32) (i32.add (global.get $g) (i32.load (i32.const 8)))))
  (core module $second
    (import "f" "m" (memory 1))
    (data (i32.const 8) "\05"))
  (core instance $f (instantiate $first))
  (core instance (instantiate $second (with "f" (instance $f))))
  (func (export "run") (result u32) (canon lift (core func $f "run"))))
