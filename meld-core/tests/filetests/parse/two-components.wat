;; The simplest composition: a consumer calls a provider, which calls the host.
(component
  (import "host" (func $host (param "x" u32)))
  (component $provider
    (import "log" (func $log (param "x" u32)))
    (core func $log (canon lower (func $log)))
    (core module $m
      (import "host" "log" (func $log (param i32)))
      (func (export "add") (param i32 i32) (result i32)
        (call $log (local.get 0))
        (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m (with "host" (instance (export "log" (func $log))))))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))
  (component $consumer
    (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
    (core func $add (canon lower (func $add)))
    (core module $m
      (import "math" "add" (func $add (param i32 i32) (result i32)))
      (func (export "run") (result i32) (call $add (i32.const 1) (i32.const 2))))
    (core instance $i (instantiate $m (with "math" (instance (export "add" (func $add))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider (with "log" (func $host))))
  (instance $c (instantiate $consumer (with "add" (func $p "add"))))
  (export "run" (func $c "run")))
