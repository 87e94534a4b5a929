;; Two components that use tasks, beside synchronous ones: three components, of which one is kept because its memory has 64-bit addresses.
;; RUN: fuse % --component -o %tmp/x --report -
;; RUN[verbose]: fuse % --component -o %tmp/x -v
;; RUN[inspect]: inspect % --stage clusters
;; FAIL[required]: fuse % --component --require-fused -o %tmp/x
;; FAIL[one-memory]: fuse % --component --memory shared -o %tmp/x
(component
  (component $adder
    (core module $m (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "n" u32) (result u32) (canon lift (core func $i "add"))))
  (component $twice
    (import "add" (func $add (param "n" u32) (result u32)))
    (core func $add (canon lower (func $add)))
    (core module $m
      (import "" "add" (func $add (param i32) (result i32)))
      (func (export "twice") (param i32) (result i32) (call $add (call $add (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "add" (func $add))))))
    (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $i "twice"))))
  (component $provider
    (import "twice" (func $twice (param "n" u32) (result u32)))
    (core func $twice (canon lower (func $twice)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "twice" (func $twice (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "f") (result i32) (call $return (call $twice (i32.const 40))) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
    (core instance $i (instantiate $m (with "" (instance
      (export "twice" (func $twice)) (export "return" (func $return))))))
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
  (instance $a (instantiate $adder))
  (instance $t (instantiate $twice (with "add" (func $a "add"))))
  (instance $p (instantiate $provider (with "twice" (func $t "twice"))))
  (instance $c (instantiate $consumer (with "f" (func $p "f"))))
  (export "twice" (func $t "twice"))
  (export "g" (func $c "g")))
