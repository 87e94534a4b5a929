;; Results (CanonicalABI.md, "Flattening", MAX_FLAT_RESULTS): one core value is returned; more of them are in memory, at an
;; address that the callee returns, and that the caller gives for its own copy. Both are checked, the callee's first.

;; Two numbers.
(component definition $pair
  (component $Provider
    (core module $M
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (data (i32.const 64) "\01\02\03\04\05\06\07\08")
      (func (export "f") (param i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "at" u32) (result (tuple u32 u32)) (canon lift (core func $m "f") (memory (core memory $m "memory")))))
  (component $Caller
    (import "f" (func $f (param "at" u32) (result (tuple u32 u32))))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "peek") (param i32) (result i64) (i64.load (local.get 0))))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
    (func (export "peek") (param "p" u32) (result u64) (canon lift (core func $memory "peek")))
    ;; Where the callee says that the result is, and where it shall go.
    (func (export "f") (param "from" u32) (param "to" u32) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "f" (func $provider "f"))))
  (export "f" (func $caller "f"))
  (export "peek" (func $caller "peek")))
(component instance $i $pair)
(assert_return (invoke "f" (u32.const 64) (u32.const 128)))
(assert_return (invoke "peek" (u32.const 128)) (u64.const 578437695752307201))
(component instance $i $pair)
(assert_return (invoke "f" (u32.const 64) (u32.const 65528)))
(assert_return (invoke "peek" (u32.const 65528)) (u64.const 578437695752307201))
(component instance $i $pair)
(assert_return (invoke "f" (u32.const 65528) (u32.const 128)))
(assert_return (invoke "peek" (u32.const 128)) (u64.const 0))
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 66) (u32.const 128)) "pointer not aligned")
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 64) (u32.const 130)) "pointer not aligned")
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 65532) (u32.const 128)) "pointer out of bounds")
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 64) (u32.const 65532)) "pointer out of bounds")
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 4294967292) (u32.const 128)) "pointer out of bounds")
(component instance $i $pair)
(assert_trap (invoke "f" (u32.const 64) (u32.const 4294967292)) "pointer out of bounds")

;; Two bytes: no alignment.
(component definition $bytes
  (component $Provider
    (core module $M
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (data (i32.const 64) "\01\02\03")
      (func (export "f") (param i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "at" u32) (result (tuple u8 u8)) (canon lift (core func $m "f") (memory (core memory $m "memory")))))
  (component $Caller
    (import "f" (func $f (param "at" u32) (result (tuple u8 u8))))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "peek") (param i32) (result i64) (i64.load (local.get 0))))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
    (func (export "peek") (param "p" u32) (result u64) (canon lift (core func $memory "peek")))
    ;; Where the callee says that the result is, and where it shall go.
    (func (export "f") (param "from" u32) (param "to" u32) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "f" (func $provider "f"))))
  (export "f" (func $caller "f"))
  (export "peek" (func $caller "peek")))
(component instance $i $bytes)
(assert_return (invoke "f" (u32.const 64) (u32.const 129)))
(assert_return (invoke "peek" (u32.const 129)) (u64.const 513))
(component instance $i $bytes)
(assert_return (invoke "f" (u32.const 65) (u32.const 128)))
(assert_return (invoke "peek" (u32.const 128)) (u64.const 770))
(component instance $i $bytes)
(assert_trap (invoke "f" (u32.const 65535) (u32.const 128)) "pointer out of bounds")
(component instance $i $bytes)
(assert_trap (invoke "f" (u32.const 64) (u32.const 65535)) "pointer out of bounds")

;; An option with an aligned payload.
(component definition $option-u64
  (component $Provider
    (core module $M
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (data (i32.const 64) "\01\ff\00\00\00\00\00\00\01\02\03\04\05\06\07\08")
      (func (export "f") (param i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "at" u32) (result (option u64)) (canon lift (core func $m "f") (memory (core memory $m "memory")))))
  (component $Caller
    (import "f" (func $f (param "at" u32) (result (option u64))))
    (core module $Memory
      (memory (export "memory") 1)
      (func (export "peek") (param i32) (result i64) (i64.load (local.get 0))))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
    (func (export "peek") (param "p" u32) (result u64) (canon lift (core func $memory "peek")))
    ;; Where the callee says that the result is, and where it shall go.
    (func (export "f") (param "from" u32) (param "to" u32) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "f" (func $provider "f"))))
  (export "f" (func $caller "f"))
  (export "peek" (func $caller "peek")))
(component instance $i $option-u64)
(assert_return (invoke "f" (u32.const 64) (u32.const 128)))
(assert_return (invoke "peek" (u32.const 136)) (u64.const 578437695752307201))
(component instance $i $option-u64)
(assert_trap (invoke "f" (u32.const 68) (u32.const 128)) "pointer not aligned")
(component instance $i $option-u64)
(assert_trap (invoke "f" (u32.const 64) (u32.const 132)) "pointer not aligned")
(component instance $i $option-u64)
(assert_trap (invoke "f" (u32.const 65528) (u32.const 128)) "pointer out of bounds")
(component instance $i $option-u64)
(assert_trap (invoke "f" (u32.const 64) (u32.const 65528)) "pointer out of bounds")

;; One core value is returned as it is, in whatever it is wrapped.
(component definition $one
  (component $Provider
    (core module $M
      (func (export "f") (param i32) (result i32) (local.get 0))
      (func (export "g") (param i32) (result i64) (i64.extend_i32_u (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "tuple") (param "n" u32) (result (tuple u8)) (canon lift (core func $m "f")))
    (func (export "nested") (param "n" u32) (result (tuple (tuple (tuple u64)))) (canon lift (core func $m "g")))
    (func (export "result") (param "n" u32) (result (result)) (canon lift (core func $m "f"))))
  (component $Caller
    (import "p" (instance $p
      (export "tuple" (func (param "n" u32) (result (tuple u8))))
      (export "nested" (func (param "n" u32) (result (tuple (tuple (tuple u64))))))
      (export "result" (func (param "n" u32) (result (result))))))
    (core func $tuple (canon lower (func $p "tuple")))
    (core func $nested (canon lower (func $p "nested")))
    (core func $result (canon lower (func $p "result")))
    (func (export "tuple") (param "n" u32) (result u32) (canon lift (core func $tuple)))
    (func (export "nested") (param "n" u32) (result u64) (canon lift (core func $nested)))
    (func (export "result") (param "n" u32) (result u32) (canon lift (core func $result))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "tuple" (func $caller "tuple"))
  (export "nested" (func $caller "nested"))
  (export "result" (func $caller "result")))
(component instance $i $one)
(assert_return (invoke "tuple" (u32.const 0x1ff)) (u32.const 0xff))
(assert_return (invoke "nested" (u32.const 12)) (u64.const 12))
(assert_return (invoke "result" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "result" (u32.const 2)) "invalid discriminant")
