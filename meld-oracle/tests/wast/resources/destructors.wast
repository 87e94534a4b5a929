;; Destructors (CanonicalABI.md, `canon resource.drop`): they run once, in the instance that defines the resource, when
;; the entry is gone; so the index is free again, and they can use their own table and call what they import.

(component definition $nested
  (component $Log
    (core module $M
      (global $log (mut i64) (i64.const 0))
      (func (export "note") (param i32)
        (global.set $log (i64.add (i64.mul (global.get $log) (i64.const 100)) (i64.extend_i32_u (local.get 0)))))
      (func (export "log") (result i64) (global.get $log)))
    (core instance $m (instantiate $M))
    (func (export "note") (param "n" u32) (canon lift (core func $m "note")))
    (func (export "log") (result u64) (canon lift (core func $m "log"))))
  ;; A node's representation is its number, and the index of another node times 100, which goes with it.
  (component $Provider
    (import "note" (func $note (param "n" u32)))
    (core func $note (canon lower (func $note)))
    (core module $Table (table (export "table") 1 funcref))
    (core instance $table (instantiate $Table))
    (core module $D
      (import "" "note" (func $note (param i32)))
      (import "" "table" (table 1 funcref))
      (type $drop (func (param i32)))
      (func (export "dtor") (param i32)
        (call $note (i32.rem_u (local.get 0) (i32.const 100)))
        (if (i32.ge_u (local.get 0) (i32.const 100))
          (then (call_indirect (type $drop) (i32.div_u (local.get 0) (i32.const 100)) (i32.const 0))))))
    (core instance $d (instantiate $D
      (with "" (instance (export "note" (func $note)) (export "table" (table $table "table"))))))
    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core func $drop (canon resource.drop $R))
    (core module $M
      (import "" "table" (table 1 funcref))
      (import "" "drop" (func $drop (param i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (elem (i32.const 0) func $drop)
      (func (export "drop") (param i32) (call $drop (local.get 0)))
      ;; A node that holds the one with this index.
      (func (export "hold") (param i32 i32) (result i32)
        (call $new (i32.add (local.get 0) (i32.mul (local.get 1) (i32.const 100))))))
    (core instance $m (instantiate $M (with "" (instance
      (export "table" (table $table "table")) (export "drop" (func $drop)) (export "new" (func $new))))))
    (func (export "make") (param "n" u32) (result (own $R)) (canon lift (core func $new)))
    (func (export "hold") (param "n" u32) (param "r" (own $R)) (result (own $R)) (canon lift (core func $m "hold")))
    (func (export "eat") (param "r" (own $R)) (canon lift (core func $m "drop"))))
  (component $User
    (import "r" (type $R (sub resource)))
    (import "make" (func $make (param "n" u32) (result (own $R))))
    (import "hold" (func $hold (param "n" u32) (param "r" (own $R)) (result (own $R))))
    (import "eat" (func $eat (param "r" (own $R))))
    (core func $make (canon lower (func $make)))
    (core func $hold (canon lower (func $hold)))
    (core func $eat (canon lower (func $eat)))
    (core func $drop (canon resource.drop $R))
    (func (export "make") (param "n" u32) (result u32) (canon lift (core func $make)))
    (func (export "hold") (param "n" u32) (param "x" u32) (result u32) (canon lift (core func $hold)))
    (func (export "eat") (param "x" u32) (canon lift (core func $eat)))
    (func (export "drop") (param "x" u32) (canon lift (core func $drop))))
  (instance $l (instantiate $Log))
  (instance $p (instantiate $Provider (with "note" (func $l "note"))))
  (alias export $p "r" (type $R))
  (instance $u (instantiate $User
    (with "r" (type $R)) (with "make" (func $p "make")) (with "hold" (func $p "hold")) (with "eat" (func $p "eat"))))
  (export "make" (func $u "make"))
  (export "hold" (func $u "hold"))
  (export "eat" (func $u "eat"))
  (export "drop" (func $u "drop"))
  (export "log" (func $l "log")))

;; Dropped by another instance: the outer first, then what it holds.
(component instance $i $nested)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke "hold" (u32.const 2) (u32.const 1)) (u32.const 1))
(assert_return (invoke "hold" (u32.const 3) (u32.const 1)) (u32.const 1))
(assert_return (invoke "make" (u32.const 9)) (u32.const 2))
(assert_return (invoke "log") (u64.const 0))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "log") (u64.const 30201))
(assert_return (invoke "drop" (u32.const 2)))
(assert_return (invoke "log") (u64.const 3020109))
(assert_trap (invoke "drop" (u32.const 1)) "unknown handle index 1")

;; Dropped by the instance that defines it.
(component instance $i $nested)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke "hold" (u32.const 2) (u32.const 1)) (u32.const 1))
(assert_return (invoke "eat" (u32.const 1)))
(assert_return (invoke "log") (u64.const 201))
(assert_return (invoke "make" (u32.const 5)) (u32.const 1))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "log") (u64.const 20105))

;; The entry is gone when the destructor runs: what it makes gets the index.
(component
  (component $Provider
    (core module $Table (table (export "table") 1 funcref))
    (core instance $table (instantiate $Table))
    (core module $D
      (import "" "table" (table 1 funcref))
      (type $new (func (param i32) (result i32)))
      (global $got (export "got") (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $got (call_indirect (type $new) (i32.add (local.get 0) (i32.const 1)) (i32.const 0)))))
    (core instance $d (instantiate $D (with "" (instance (export "table" (table $table "table"))))))
    (type $Inner (resource (rep i32)))
    (type $R (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $R))
    (core func $drop (canon resource.drop $R))
    (core func $new-inner (canon resource.new $Inner))
    (core func $rep-inner (canon resource.rep $Inner))
    (core module $M
      (import "" "table" (table 1 funcref))
      (import "" "got" (global $got (mut i32)))
      (import "" "new-inner" (func $new-inner (param i32) (result i32)))
      (import "" "rep-inner" (func $rep-inner (param i32) (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (elem (i32.const 0) func $new-inner)
      (func (export "run") (result i32)
        (local $before i32)
        (drop (call $new (i32.const 5)))
        (local.set $before (call $new (i32.const 7)))
        (drop (call $new (i32.const 8)))
        (call $drop (local.get $before))
        ;; The index before and after, and what is there now.
        (i32.add
          (i32.add (i32.mul (local.get $before) (i32.const 10000)) (i32.mul (global.get $got) (i32.const 100)))
          (call $rep-inner (global.get $got)))))
    (core instance $m (instantiate $M (with "" (instance
      (export "table" (table $table "table")) (export "got" (global $d "got"))
      (export "new-inner" (func $new-inner)) (export "rep-inner" (func $rep-inner))
      (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $p (instantiate $Provider))
  (export "run" (func $p "run")))
(assert_return (invoke "run") (u32.const 20208))

;; A destructor that traps.
(component definition $trapping
  (component $Provider
    (core module $D (func (export "dtor") (param i32) (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))))
    (core instance $d (instantiate $D))
    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (func (export "make") (param "n" u32) (result (own $R)) (canon lift (core func $new))))
  (component $User
    (import "r" (type $R (sub resource)))
    (import "make" (func $make (param "n" u32) (result (own $R))))
    (core func $make (canon lower (func $make)))
    (core func $drop (canon resource.drop $R))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param i32) (call $drop (call $make (local.get 0)))))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
    (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
  (instance $p (instantiate $Provider))
  (alias export $p "r" (type $R))
  (instance $u (instantiate $User (with "r" (type $R)) (with "make" (func $p "make"))))
  (export "run" (func $u "run")))
(component instance $i $trapping)
(assert_return (invoke "run" (u32.const 12)))
(assert_trap (invoke "run" (u32.const 13)) "unreachable")
(assert_trap (invoke "run" (u32.const 12)) "cannot enter component instance")
