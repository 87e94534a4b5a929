;; A function of `async` type that cannot block: a call with the option `async` has returned when it comes back.

;; Few parameters and a result.
(component definition $few
  (component $provider
    (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") async (param "a" u32) (param "b" u8) (result u16) (canon lift (core func $i "add"))))
  (component $consumer
    (import "add" (func $add async (param "a" u32) (param "b" u8) (result u16)))
    (core module $libc (memory (export "memory") 1))
    (core instance $libc (instantiate $libc))
    (core func $add (canon lower (func $add) async (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "add" (func $add (param i32 i32 i32) (result i32)))
      (import "" "memory" (memory 1))
      (func (export "run") (param i32 i32) (result i32)
        (i32.store (i32.const 32) (i32.const -1))
        (if (i32.ne (call $add (local.get 0) (local.get 1) (i32.const 32)) (i32.const 2)) (then unreachable))
        ;; Two bytes are written, and no more.
        (if (i32.ne (i32.load16_u (i32.const 34)) (i32.const 0xffff)) (then unreachable))
        (i32.load16_u (i32.const 32)))
      (func (export "unaligned") (result i32) (call $add (i32.const 1) (i32.const 2) (i32.const 33)))
      (func (export "beyond") (result i32) (call $add (i32.const 1) (i32.const 2) (i32.const 0x10000))))
    (core instance $i (instantiate $m (with "" (instance
      (export "add" (func $add))
      (export "memory" (memory $libc "memory"))))))
    (func (export "run") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "run")))
    (func (export "unaligned") (result u32) (canon lift (core func $i "unaligned")))
    (func (export "beyond") (result u32) (canon lift (core func $i "beyond"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "add" (func $p "add"))))
  (export "run" (func $c "run"))
  (export "unaligned" (func $c "unaligned"))
  (export "beyond" (func $c "beyond")))
(component instance $few $few)
(assert_return (invoke "run" (u32.const 40000) (u32.const 2)) (u32.const 40002))
;; A `u8` is what its low bits are, and so is a `u16`.
(assert_return (invoke "run" (u32.const 0x10001) (u32.const 0x102)) (u32.const 3))
(assert_trap (invoke "unaligned") "unaligned pointer")
(component instance $beyond $few)
(assert_trap (invoke "beyond") "out of bounds")

;; Parameters in memory, because there are more than four, that the callee has flat; strings and a record.
(component
  (type $point' (record (field "x" f64) (field "y" u8)))
  (component $provider
    (type $point' (record (field "x" f64) (field "y" u8)))
    (export $point "point" (type $point'))
    (core module $m
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 64))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at
          (i32.and (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
      ;; Two parameters, a string, a point, and another parameter.
      (func (export "f") (param i32 i64 i32 i32 f64 i32 f32) (result i32)
        (i32.store8 (i32.const 0) (i32.load8_u (local.get 2)))
        (i32.store (i32.const 16) (i32.const 0))
        (i32.store (i32.const 20) (i32.const 1))
        (f64.store (i32.const 24) (f64.add (f64.add (local.get 4) (f64.promote_f32 (local.get 6)))
          (f64.add (f64.convert_i32_u (local.get 0)) (f64.convert_i64_u (local.get 1)))))
        (i32.store8 (i32.const 32) (local.get 5))
        (i32.const 16)))
    (core instance $i (instantiate $m))
    (func (export "f") async
      (param "a" u8) (param "b" u64) (param "s" string) (param "p" $point) (param "f" f32)
      (result (tuple string $point))
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $consumer
    (type $point' (record (field "x" f64) (field "y" u8)))
    (import "point" (type $point (eq $point')))
    (import "f" (func $f async
      (param "a" u8) (param "b" u64) (param "s" string) (param "p" $point) (param "f" f32)
      (result (tuple string $point))))
    (core module $libc
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 512)))
    (core instance $libc (instantiate $libc))
    (core func $f (canon lower (func $f) async string-encoding=utf16
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "" "f" (func $f (param i32 i32) (result i32)))
      (import "" "memory" (memory 1))
      (data (i32.const 256) "z\00")
      (func (export "run") (result i32)
        (i32.store8 (i32.const 0) (i32.const 1))
        (i64.store (i32.const 8) (i64.const 2))
        (i32.store (i32.const 16) (i32.const 256))
        (i32.store (i32.const 20) (i32.const 1))
        (f64.store (i32.const 24) (f64.const 4))
        (i32.store8 (i32.const 32) (i32.const 77))
        (f32.store (i32.const 40) (f32.const 8))
        (if (i32.ne (call $f (i32.const 0) (i32.const 128)) (i32.const 2)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 128)) (i32.const 512)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 132)) (i32.const 1)) (then unreachable))
        (if (i32.ne (i32.load16_u (i32.const 512)) (i32.const 0x7a)) (then unreachable))
        (if (i32.ne (i32.load8_u (i32.const 144)) (i32.const 77)) (then unreachable))
        (i32.trunc_f64_u (f64.load (i32.const 136)))))
    (core instance $i (instantiate $m (with "" (instance
      (export "f" (func $f))
      (export "memory" (memory $libc "memory"))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "point" (type $p "point")) (with "f" (func $p "f"))))
  (export "run" (func $c "run")))
(assert_return (invoke "run") (u32.const 15))

;; No result, no memory; context slots of the callee begin with zeros at each call.
(component
  (component $provider
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (func (export "f")
        (if (call $get) (then unreachable))
        (call $set (i32.const 5))))
    (core instance $i (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "f") async (canon lift (core func $i "f"))))
  (component $consumer
    (import "f" (func $f async))
    (core func $f (canon lower (func $f) async))
    (core module $m
      (import "" "f" (func $f (result i32)))
      (func (export "run") (result i32) (i32.add (call $f) (call $f))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "f" (func $p "f"))))
  (export "run" (func $c "run")))
(assert_return (invoke "run") (u32.const 4))
