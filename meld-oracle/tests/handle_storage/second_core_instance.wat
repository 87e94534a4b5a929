;; Two instances hold a resource. The one that defines it has a memory, which a second core instance shares, as the
;; adapters of old interfaces do; the other one has a memory too, but nothing that runs ever uses it.
(component
  (component $Store
    (core module $Main
      (memory (export "memory") 1)
      (global $next (export "next") (mut i32) (i32.const 1024))
      (func (export "close") (param i32)
        (i32.store offset=8 (i32.const 0) (i32.add (i32.load offset=8 (i32.const 0)) (i32.load (local.get 0))))))
    (core instance $main (instantiate $Main))
    (type $R' (resource (rep i32) (dtor (core func $main "close"))))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core module $Adapter
      (import "main" "memory" (memory 1))
      (import "main" "next" (global $next (mut i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "open") (param i32) (result i32)
        (local $at i32)
        (local.set $at (global.get $next))
        (global.set $next (i32.add (local.get $at) (i32.const 4)))
        (i32.store (local.get $at) (local.get 0))
        (call $new (local.get $at)))
      (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "both") (param i32 i32) (result i32)
        (i32.sub (i32.load (local.get 0)) (i32.load (local.get 1))))
      (func (export "closed") (result i32) (i32.load offset=8 (i32.const 0))))
    (core instance $adapter (instantiate $Adapter
      (with "main" (instance $main)) (with "" (instance (export "new" (func $new))))))
    (func (export "open") (param "n" u32) (result (own $R)) (canon lift (core func $adapter "open")))
    (func (export "read") (param "self" (borrow $R)) (result u32) (canon lift (core func $adapter "read")))
    (func (export "both") (param "a" (borrow $R)) (param "b" (borrow $R)) (result u32)
      (canon lift (core func $adapter "both")))
    (func (export "closed") (result u32) (canon lift (core func $adapter "closed"))))
  (component $User
    (import "r" (type $R (sub resource)))
    (import "open" (func $open (param "n" u32) (result (own $R))))
    (import "read" (func $read (param "self" (borrow $R)) (result u32)))
    (import "both" (func $both (param "a" (borrow $R)) (param "b" (borrow $R)) (result u32)))
    (import "closed" (func $closed (result u32)))
    (core func $open (canon lower (func $open)))
    (core func $read (canon lower (func $read)))
    (core func $both (canon lower (func $both)))
    (core func $closed (canon lower (func $closed)))
    (core func $drop (canon resource.drop $R))
    (core module $Unused
      (memory (export "memory") 1)
      (func (export "peek") (param i32) (result i32) (i32.load (local.get 0))))
    (core instance $unused (instantiate $Unused))
    (core module $M
      (import "unused" "memory" (memory 1))
      (import "unused" "peek" (func $peek (param i32) (result i32)))
      (import "" "open" (func $open (param i32) (result i32)))
      (import "" "read" (func $read (param i32) (result i32)))
      (import "" "both" (func $both (param i32 i32) (result i32)))
      (import "" "closed" (func $closed (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "never") (result i32) (call $peek (i32.const 4)))
      ;; A sum of indices and of what is behind them, over a number of rounds that a random one means too. Every third
      ;; handle stays.
      (func (export "rounds") (param $n i32) (result i32)
        (local $a i32) (local $b i32) (local $sum i32)
        (local.set $n (i32.and (local.get $n) (i32.const 0x3ff)))
        (block $done (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $a (call $open (local.get $n)))
          (local.set $b (call $open (i32.const 0x1234567)))
          (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $b) (call $read (local.get $a)))))
          (local.set $sum (i32.xor (local.get $sum) (call $both (local.get $a) (local.get $b))))
          (if (i32.rem_u (local.get $n) (i32.const 3)) (then (call $drop (local.get $a))))
          (call $drop (local.get $b))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $next)))
        (i32.add (local.get $sum) (call $closed)))
      ;; Reads what is behind an index that nobody has.
      (func (export "wrong") (param i32) (result i32) (call $read (i32.add (local.get 0) (i32.const 1000)))))
    (core instance $m (instantiate $M
      (with "unused" (instance $unused))
      (with "" (instance
        (export "open" (func $open)) (export "read" (func $read)) (export "both" (func $both))
        (export "closed" (func $closed)) (export "drop" (func $drop))))))
    (func (export "rounds") (param "n" u32) (result u32) (canon lift (core func $m "rounds")))
    (func (export "wrong") (param "n" u32) (result u32) (canon lift (core func $m "wrong"))))
  (instance $s (instantiate $Store))
  (instance $u (instantiate $User
    (with "r" (type $s "r")) (with "open" (func $s "open")) (with "read" (func $s "read"))
    (with "both" (func $s "both")) (with "closed" (func $s "closed"))))
  (export "rounds" (func $u "rounds"))
  (export "wrong" (func $u "wrong")))
