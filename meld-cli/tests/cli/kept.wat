;; Two components that use asynchronous built-ins, one with a memory with 64-bit addresses: the component is accepted, and kept as it is.
;; RUN: fuse % --component -o %tmp/x --report -
;; RUN[verbose]: fuse % --component -o %tmp/x -v
;; FAIL[required]: fuse % --component --require-fused -o %tmp/x
;; FAIL[core]: fuse % -o %tmp/x
;; FAIL[one-memory]: fuse % --component --memory shared -o %tmp/x
(component
  (component $provider
    (core module $m
      (import "" "return" (func $return (param i32)))
      (func (export "f") (result i32) (call $return (i32.const 42)) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
    (core func $return (canon task.return (result u32)))
    (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
    (func (export "f") async (result u32)
      (canon lift (core func $i "f") async (callback (core func $i "callback")))))
  (component $consumer
    (import "f" (func $f async (result u32)))
    (core module $memory (memory (export "m") i64 1))
    (core instance $memory (instantiate $memory))
    (core func $f (canon lower (func $f) async (memory (core memory $memory "m"))))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "f" (func $f (param i64) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "m" (memory i64 1))
      (func (export "g") (result i32)
        (drop (call $f (i64.const 0)))
        (call $return (i32.load (i64.const 0)))
        (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
    (core instance $i (instantiate $m (with "" (instance
      (export "f" (func $f))
      (export "return" (func $return))
      (export "m" (memory $memory "m"))))))
    (func (export "g") async (result u32)
      (canon lift (core func $i "g") async (callback (core func $i "callback")))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "f" (func $p "f"))))
  (export "g" (func $c "g")))
