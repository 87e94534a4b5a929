;; A list of strings is given to the host from where the host's answer will be: every realloc gives out the same place. It also
;; looks at what is there first.
(component
  (import "f" (func $f (param "a" (list string)) (result string)))
  (core module $L
    (memory (export "m") 1)
    (global $seen (mut i32) (i32.const 0))
    (func (export "seen") (result i32) (global.get $seen))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $seen (i32.load (i32.const 64)))
      (i32.const 64)))
  (core instance $l (instantiate $L))
  (core func $f (canon lower (func $f) (memory (core memory $l "m")) (realloc (core func $l "realloc"))))
  (core module $M
    (import "" "f" (func $f (param i32 i32 i32)))
    (import "l" "m" (memory 1))
    (data (i32.const 200) "hello world")
    (func (export "g") (result i32) (local $i i32) (local $sum i32)
      (i32.store (i32.const 64) (i32.const 200)) (i32.store (i32.const 68) (i32.const 5))
      (i32.store (i32.const 72) (i32.const 206)) (i32.store (i32.const 76) (i32.const 5))
      (call $f (i32.const 64) (i32.const 2) (i32.const 1024))
      (loop $next
        (local.set $sum
          (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u offset=64 (local.get $i))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.load (i32.const 1028)))))
      (local.get $sum)))
  (core instance $m (instantiate $M (with "" (instance (export "f" (func $f)))) (with "l" (instance $l))))
  (func (export "g") (result u32) (canon lift (core func $m "g")))
  (func (export "seen") (result u32) (canon lift (core func $l "seen"))))
