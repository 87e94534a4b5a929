;; options: target=synth
;; Parameters behind the first of 64 bits, or behind the fourth, are locals that the function sets by globals; a function in a table and an export
;; keep theirs. An import with five is called by one function, which has no parameters.
(component
  (import "five" (func $five (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (param "e" u32)))
  (core func $five (canon lower (func $five)))
  (core module $m
    (import "" "five" (func $five (param i32 i32 i32 i32 i32)))
    (type $wide (func (param i64) (result i32)))
    (table 1 1 funcref)
    (elem (i32.const 0) func $indirect)
    (memory 1)
    (func $wide (param i32 i64 i32) (result i32) (local i64)
      (if (i32.eqz (local.get 0)) (then (return (local.get 2))))
      (return_call $wide (i32.const 0) (i64.add (local.get 1) (local.get 3)) (i32.wrap_i64 (local.get 1))))
    (func $many (param i32 i32 i32 i32 f32 i32) (result i32 i32) (local.get 5) (i32.trunc_f32_s (local.get 4)))
    (func $indirect (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
    (func (export "run") (param i64) (result i32)
      (call $five
        (call $wide (i32.const 1) (local.get 0) (i32.const 2))
        (call $many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (f32.const 5) (i32.const 6))
        (call_indirect (type $wide) (local.get 0) (i32.load (i32.const 0)))
        (i32.const 9))
      (i32.const 7)))
  (core instance $i (instantiate $m (with "" (instance (export "five" (func $five))))))
  (func (export "run") (param "n" u64) (result u32) (canon lift (core func $i "run"))))
