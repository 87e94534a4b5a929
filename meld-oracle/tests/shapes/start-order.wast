;; Start functions run in the order of instantiation, across components, and a module that is never
;; instantiated never starts.

(component
  (component $Log
    (core module $M
      (global $log (mut i32) (i32.const 0))
      (func (export "put") (param i32)
        (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
      (func (export "get") (result i32) (global.get $log))
      (func $start (global.set $log (i32.const 9)))
      (start $start))
    (core instance $m (instantiate $M))
    (func (export "put") (param "x" u32) (canon lift (core func $m "put")))
    (func (export "get") (result u32) (canon lift (core func $m "get"))))
  (component $Twice
    (import "put" (func $put (param "x" u32)))
    (core func $put' (canon lower (func $put)))
    (core module $Never (func unreachable) (start 0))
    (core module $One
      (import "" "put" (func $put (param i32)))
      (func $start (call $put (i32.const 1)))
      (start $start))
    (core module $Two
      (import "" "put" (func $put (param i32)))
      (func $start (call $put (i32.const 2)))
      (start $start))
    (core instance (instantiate $Two (with "" (instance (export "put" (func $put'))))))
    (core instance (instantiate $One (with "" (instance (export "put" (func $put'))))))
    (core instance (instantiate $Two (with "" (instance (export "put" (func $put')))))))
  (component $NeverEither
    (core module $M (func unreachable) (start 0))
    (core instance (instantiate $M)))
  (component $Last
    (import "put" (func $put (param "x" u32)))
    (core func $put' (canon lower (func $put)))
    (core module $M
      (import "" "put" (func $put (param i32)))
      (func $start (call $put (i32.const 5)))
      (start $start))
    (core instance (instantiate $M (with "" (instance (export "put" (func $put')))))))
  (instance $log (instantiate $Log))
  (instance (instantiate $Twice (with "put" (func $log "put"))))
  (instance (instantiate $Last (with "put" (func $log "put"))))
  (instance (instantiate $Twice (with "put" (func $log "put"))))
  (export "get" (func $log "get")))

(assert_return (invoke "get") (u32.const 92125212))
