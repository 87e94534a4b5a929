;; Handles of an exported resource that two instances hold, so that each has a table of its own.

(component
  (import "log" (func $log (param "n" u32)))
  (component $Provider
    (import "log" (func $log (param "n" u32)))
    (core func $log (canon lower (func $log)))
    (core module $D
      (import "" "log" (func $log (param i32)))
      (func (export "dtor") (param i32) (call $log (i32.add (local.get 0) (i32.const 1000)))))
    (core instance $d (instantiate $D (with "" (instance (export "log" (func $log))))))
    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core func $rep (canon resource.rep $R))
    (core func $drop (canon resource.drop $R))
    (core module $M
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "peek") (param i32) (result i32) (local.get 0))
      (func (export "eat") (param i32) (result i32)
        (call $rep (local.get 0))
        (call $drop (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $new)))
    (func (export "peek") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "peek")))
    (func (export "eat") (param "r" (own $R)) (result u32) (canon lift (core func $m "eat"))))
  (component $User
    (import "log" (func $log (param "n" u32)))
    (import "p" (instance $p
      (export "r" (type $R (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $R))))
      (export "peek" (func (param "r" (borrow $R)) (result u32)))))
    (alias export $p "r" (type $R))
    (core func $log (canon lower (func $log)))
    (core func $make (canon lower (func $p "make")))
    (core func $peek (canon lower (func $p "peek")))
    (core func $drop (canon resource.drop $R))
    (core module $M
      (import "" "log" (func $log (param i32)))
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "peek" (func $peek (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (memory (export "memory") 1)
      (global $seen (mut i32) (i32.const 0)) ;; what the post-return that ran last has seen
      (global $kept (mut i32) (i32.const 0))
      (global $free (mut i32) (i32.const 1024))
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8)))))

      ;; In and out again, flat; post-return sees the index, not what the host got.
      (func (export "keep") (param i32) (result i32) (global.set $kept (local.get 0)) (local.get 0))
      (func (export "give") (result i32) (global.get $kept))
      (func (export "give-post") (param i32) (global.set $seen (local.get 0)))

      (func (export "seen") (result i32) (global.get $seen))

      (func (export "look") (param i32) (result i32)
        (i32.add (i32.mul (local.get 0) (i32.const 1000)) (call $peek (local.get 0)))
        (call $drop (local.get 0)))
      (func (export "forget") (param i32) (result i32) (call $peek (local.get 0)))

      ;; The handles in the list, last first.
      (func (export "turn") (param $at i32) (param $n i32) (result i32)
        (local $out i32) (local $count i32) (local $entry i32)
        (local.set $out (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.shl (local.get $n) (i32.const 2))))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (local.set $entry (i32.add (local.get $at) (i32.shl (local.get $n) (i32.const 3))))
            (if (i32.load8_u (local.get $entry))
              (then
                (call $log (i32.load offset=4 (local.get $entry)))
                (i32.store
                  (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2)))
                  (i32.load offset=4 (local.get $entry)))
                (local.set $count (i32.add (local.get $count) (i32.const 1)))))
            (br $next)))
        (i32.store (i32.const 16) (local.get $out))
        (i32.store (i32.const 20) (local.get $count))
        (i32.const 16))
      ;; What is in the list now, as digits.
      (func (export "turn-post") (param $area i32)
        (local $at i32) (local $n i32)
        (global.set $seen (i32.const 0))
        (local.set $at (i32.load (local.get $area)))
        (local.set $n (i32.load offset=4 (local.get $area)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (i32.load (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next))))

      (func (export "spill") (param i32) (result i32)
        (call $drop (i32.load (local.get 0)))
        (i32.load (local.get 0)))
      (func (export "pick") (param $case i32) (param $payload i64) (result i32)
        (if (local.get $case) (then (return (i32.const 9999))))
        (call $drop (i32.wrap_i64 (local.get $payload)))
        (i32.wrap_i64 (local.get $payload)))

      ;; The indices in order, as digits; all are dropped.
      (func (export "nest") (param $at i32) (param $n i32) (result i32)
        (local $inner i32) (local $end i32) (local $digits i32)
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $inner (i32.load (local.get $at)))
            (local.set $end
              (i32.add (local.get $inner) (i32.shl (i32.load offset=4 (local.get $at)) (i32.const 2))))
            (block $inner-done
              (loop $inner-next
                (br_if $inner-done (i32.eq (local.get $inner) (local.get $end)))
                (local.set $digits
                  (i32.add (i32.mul (local.get $digits) (i32.const 10)) (i32.load (local.get $inner))))
                (call $drop (i32.load (local.get $inner)))
                (local.set $inner (i32.add (local.get $inner) (i32.const 4)))
                (br $inner-next)))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (local.get $digits))

      ;; A result in memory, without a post-return; `area` tells what is there afterwards.
      (func (export "answer") (param i32) (result i32)
        (i32.store8 (i32.const 32) (i32.ne (local.get 0) (i32.const 77)))
        (if (i32.eq (local.get 0) (i32.const 77))
          (then (i32.store (i32.const 36) (call $make (local.get 0))))
          (else (i64.store align=4 (i32.const 36) (i64.const 0))))
        (i32.const 32))
      (func (export "area") (result i32) (i32.load (i32.const 36)))

      ;; Results that are wrong in memory: the handle, the case, the pointer, the list.
      (func (export "wrong") (param $what i32) (result i32)
        (i64.store (i32.const 64) (i64.const 0))
        (i64.store (i32.const 72) (i64.const 0))
        (if (i32.eq (local.get $what) (i32.const 1))
          (then (i32.store8 (i32.const 64) (i32.const 2))))
        (if (i32.eq (local.get $what) (i32.const 2)) (then (return (i32.const 66))))
        (if (i32.eq (local.get $what) (i32.const 3)) (then (return (i32.const 0xfffc))))
        (if (i32.ge_u (local.get $what) (i32.const 4)) (then (i32.store8 (i32.const 64) (i32.const 1))))
        (if (i32.eq (local.get $what) (i32.const 4))
          (then (i32.store (i32.const 68) (i32.const 65532)) (i32.store (i32.const 72) (i32.const 2))))
        (if (i32.eq (local.get $what) (i32.const 5))
          (then (i32.store (i32.const 68) (i32.const 2)) (i32.store (i32.const 72) (i32.const 1))))
        (if (i32.eq (local.get $what) (i32.const 6))
          (then (i32.store (i32.const 68) (i32.const 4)) (i32.store (i32.const 72) (i32.const 0x4000_0001))))
        (i32.const 64)))
    (core instance $m (instantiate $M
      (with "" (instance
        (export "log" (func $log)) (export "make" (func $make)) (export "peek" (func $peek))
        (export "drop" (func $drop))))))
    (alias core export $m "memory" (core memory $memory))
    (alias core export $m "realloc" (core func $realloc))
    (func (export "keep") (param "r" (own $R)) (result u32) (canon lift (core func $m "keep")))
    (func (export "give") (result (own $R))
      (canon lift (core func $m "give") (post-return (core func $m "give-post"))))
    (func (export "seen") (result u32) (canon lift (core func $m "seen")))
    (func (export "look") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "look")))
    (func (export "forget") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "forget")))
    (func (export "turn") (param "items" (list (option (own $R)))) (result (list (own $R)))
      (canon lift (core func $m "turn") (memory $memory) (realloc $realloc) (post-return (core func $m "turn-post"))))
    (func (export "spill")
      (param "t" (tuple (own $R) (list u8) u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32))
      (result u32)
      (canon lift (core func $m "spill") (memory $memory) (realloc $realloc)))
    (func (export "pick") (param "v" (result (own $R) (error u64))) (result u32) (canon lift (core func $m "pick")))
    (func (export "nest") (param "v" (list (list (own $R)))) (result u32)
      (canon lift (core func $m "nest") (memory $memory) (realloc $realloc)))
    (func (export "answer") (param "which" u32) (result (result (own $R) (error string)))
      (canon lift (core func $m "answer") (memory $memory)))
    (func (export "area") (result u32) (canon lift (core func $m "area")))
    (func (export "wrong") (param "what" u32) (result (result (own $R) (error (list (own $R)))))
      (canon lift (core func $m "wrong") (memory $memory))))
  (instance $p (instantiate $Provider (with "log" (func $log))))
  (instance $u (instantiate $User (with "log" (func $log)) (with "p" (instance $p))))
  (export "p" (instance $p))
  (export "u" (instance $u)))
