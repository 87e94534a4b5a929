;; One table of handles for each component instance (CanonicalABI.md, "Table State"): two instances of the same
;; component hold the same resource under numbers of their own, and an index of one says nothing in the other.

(component definition $two-users
  (component $Provider
    (type $R' (resource (rep i32)))
    (export $R "r" (type $R'))
    (core func $new (canon resource.new $R))
    (core module $M (func (export "peek") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $new)))
    (func (export "peek") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "peek"))))
  (component $User
    (import "r" (type $R (sub resource)))
    (import "make" (func $make (param "rep" u32) (result (own $R))))
    (import "peek" (func $peek (param "r" (borrow $R)) (result u32)))
    (core func $make (canon lower (func $make)))
    (core func $peek (canon lower (func $peek)))
    (core func $drop (canon resource.drop $R))
    (core module $M (func (export "keep") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "make") (param "x" u32) (result u32) (canon lift (core func $make)))
    (func (export "peek") (param "x" u32) (result u32) (canon lift (core func $peek)))
    (func (export "drop") (param "x" u32) (canon lift (core func $drop)))
    (func (export "keep") (param "r" (own $R)) (result u32) (canon lift (core func $m "keep")))
    (func (export "give") (param "x" u32) (result (own $R)) (canon lift (core func $m "keep"))))
  (component $Mover
    (import "r" (type $R (sub resource)))
    (import "keep" (func $keep (param "r" (own $R)) (result u32)))
    (import "give" (func $give (param "x" u32) (result (own $R))))
    (core func $keep (canon lower (func $keep)))
    (core func $give (canon lower (func $give)))
    (core module $M
      (import "" "give" (func $give (param i32) (result i32)))
      (import "" "keep" (func $keep (param i32) (result i32)))
      ;; Its own index, and the one that the other instance gets.
      (func (export "move") (param i32) (result i32)
        (local $own i32)
        (local.set $own (call $give (local.get 0)))
        (i32.add (i32.mul (local.get $own) (i32.const 1000)) (call $keep (local.get $own)))))
    (core instance $m (instantiate $M (with "" (instance (export "give" (func $give)) (export "keep" (func $keep))))))
    (func (export "move") (param "x" u32) (result u32) (canon lift (core func $m "move"))))
  (instance $p (instantiate $Provider))
  (alias export $p "r" (type $R))
  (instance $a (instantiate $User
    (with "r" (type $R)) (with "make" (func $p "make")) (with "peek" (func $p "peek"))))
  (instance $b (instantiate $User
    (with "r" (type $R)) (with "make" (func $p "make")) (with "peek" (func $p "peek"))))
  (instance $m (instantiate $Mover
    (with "r" (type $R)) (with "give" (func $a "give")) (with "keep" (func $b "keep"))))
  (export "make-a" (func $a "make"))
  (export "peek-a" (func $a "peek"))
  (export "drop-a" (func $a "drop"))
  (export "make-b" (func $b "make"))
  (export "peek-b" (func $b "peek"))
  (export "drop-b" (func $b "drop"))
  (export "move" (func $m "move")))

(component instance $i $two-users)
(assert_return (invoke "make-a" (u32.const 10)) (u32.const 1))
(assert_return (invoke "make-a" (u32.const 11)) (u32.const 2))
(assert_return (invoke "make-b" (u32.const 20)) (u32.const 1))
(assert_return (invoke "peek-a" (u32.const 1)) (u32.const 10))
(assert_return (invoke "peek-b" (u32.const 1)) (u32.const 20))
;; From 1 in a, by way of 1 in the mover, to 2 in b.
(assert_return (invoke "move" (u32.const 1)) (u32.const 1002))
(assert_return (invoke "peek-b" (u32.const 2)) (u32.const 10))
(assert_return (invoke "peek-a" (u32.const 2)) (u32.const 11))
(assert_return (invoke "make-a" (u32.const 12)) (u32.const 1))
(assert_return (invoke "drop-b" (u32.const 1)))
(assert_return (invoke "move" (u32.const 2)) (u32.const 1001))
(assert_return (invoke "peek-b" (u32.const 1)) (u32.const 11))
(assert_trap (invoke "peek-a" (u32.const 2)) "unknown handle index 2")

(component instance $i $two-users)
(assert_return (invoke "make-a" (u32.const 10)) (u32.const 1))
(assert_trap (invoke "peek-b" (u32.const 1)) "unknown handle index 1")
(component instance $i $two-users)
(assert_return (invoke "make-a" (u32.const 10)) (u32.const 1))
(assert_trap (invoke "drop-b" (u32.const 1)) "unknown handle index 1")
;; Many: tables grow, and what is freed last comes first.
(component instance $i $two-users)
(assert_return (invoke "make-a" (u32.const 0)) (u32.const 1))
(assert_trap (invoke "move" (u32.const 0)) "unknown handle index 0")
