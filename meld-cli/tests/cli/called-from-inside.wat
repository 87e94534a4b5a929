;; A component calls a function of the one that uses tasks, which may block: it would block the task that the host has, in the middle
;; of a call with context slots.
;; FAIL: fuse % -o %tmp/x --component --require-fused
(component
  (component $p
    (core func $yield (canon thread.yield))
    (core module $m
      (import "" "yield" (func $yield (result i32)))
      (func (export "f") (drop (call $yield))))
    (core instance $i (instantiate $m (with "" (instance (export "yield" (func $yield))))))
    (func (export "f") (canon lift (core func $i "f"))))
  (component $c
    (import "f" (func $f))
    (core func $f (canon lower (func $f)))
    (core func $get (canon context.get i32 0))
    (core module $m
      (import "" "f" (func $f))
      (import "" "get" (func $get (result i32)))
      (func (export "run") (call $f) (drop (call $get))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f)) (export "get" (func $get))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $p (instantiate $p))
  (instance $c (instantiate $c (with "f" (func $p "f"))))
  (export "run" (func $c "run")))
