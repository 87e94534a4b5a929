;; Functions of `async` type that cannot block, called with the option `async`: the result is there when the call comes back.
(component
  (component $provider
    (core module $m
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      ;; What is allocated lives until the next call.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (global.get $next))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "length") (param i32 i32) (result i32)
        (global.set $next (i32.const 1024))
        (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "add") async (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "length") async (param "s" string) (result u32)
      (canon lift (core func $i "length") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $consumer
    (import "add" (func $add async (param "a" u32) (param "b" u32) (result u32)))
    (import "length" (func $length async (param "s" string) (result u32)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 16) "sixteen letters!"))
    (core instance $libc (instantiate $libc))
    (core func $add (canon lower (func $add) async (memory (core memory $libc "memory"))))
    (core func $length (canon lower (func $length) async (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "add" (func $add (param i32 i32 i32) (result i32)))
      (import "" "length" (func $length (param i32 i32 i32) (result i32)))
      (import "" "memory" (memory 1))
      (func (export "add") (param $calls i32) (param i32) (result i32)
        (local $sum i32)
        (loop $again
          (if (i32.ne (call $add (local.get $sum) (i32.const 3) (i32.const 0)) (i32.const 2)) (then unreachable))
          (local.set $sum (i32.load (i32.const 0)))
          (br_if $again (local.tee $calls (i32.sub (local.get $calls) (i32.const 1)))))
        (local.get $sum))
      (func (export "length") (param $calls i32) (param i32) (result i32)
        (local $sum i32)
        (loop $again
          (if (i32.ne (call $length (i32.const 16) (i32.const 16) (i32.const 0)) (i32.const 2)) (then unreachable))
          (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 0))))
          (br_if $again (local.tee $calls (i32.sub (local.get $calls) (i32.const 1)))))
        (local.get $sum)))
    (core instance $i (instantiate $m (with "" (instance
      (export "add" (func $add)) (export "length" (func $length)) (export "memory" (memory $libc "memory"))))))
    (func (export "add") (param "calls" u32) (param "length" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "length") (param "calls" u32) (param "length" u32) (result u32) (canon lift (core func $i "length"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "add" (func $p "add")) (with "length" (func $p "length"))))
  (export "add" (func $c "add"))
  (export "length" (func $c "length")))
