;; A segment that is out of bounds traps after the start function of an earlier instance has called the host.
;; has: memory.init
(component
  (import "log" (func $log (param "x" u32)))
  (core func $log' (canon lower (func $log)))
  (core module $first
    (import "h" "log" (func $log (param i32)))
    (memory (export "m") 1)
    (func $start (call $log (i32.const 1)))
    (start $start))
  (core module $second
    (import "f" "m" (memory 1))
    (data (i32.const 65535) "ab"))
  (core module $third
    (import "h" "log" (func $log (param i32)))
    (func $start (call $log (i32.const 3)))
    (start $start)
    (func (export "run") (result i32) i32.const 0))
  (core instance $h (export "log" (func $log')))
  (core instance $f (instantiate $first (with "h" (instance $h))))
  (core instance $s (instantiate $second (with "f" (instance $f))))
  (core instance $t (instantiate $third (with "h" (instance $h))))
  (func (export "run") (result u32) (canon lift (core func $t "run"))))
