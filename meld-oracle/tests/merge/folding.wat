;; Functions that touch no state are there once, however many instances there are: also where they call
;; themselves or each other. What touches the state of an instance stays with it.
;; has: $a::even
;; lacks: $b::even
;; lacks: $b::odd
;; lacks: $b::twice
;; has: $b::count
(component
  (core module $m
    (global $n (mut i32) (i32.const 0))
    (func $even (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
        (else (call $odd (i32.sub (local.get 0) (i32.const 1))))))
    (func $odd (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (call $even (i32.sub (local.get 0) (i32.const 1))))))
    (func $twice (param i32) (result i32) (i32.mul (call $even (local.get 0)) (i32.const 2)))
    (func $count (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n))
    (func (export "run") (result i32) (i32.add (call $twice (i32.const 10)) (call $count))))
  (core instance $a (instantiate $m))
  (core instance $b (instantiate $m))
  (func (export "run1") (result u32) (canon lift (core func $a "run")))
  (func (export "run2") (result u32) (canon lift (core func $a "run")))
  (func (export "run3") (result u32) (canon lift (core func $b "run"))))
