;; Types, core types, modules and components of enclosing components, from two levels inside. The
;; component that uses them is instantiated far from its definition and still sees what was around it.
(component
  (type $number u32)
  (type $pair (tuple $number $number))
  (core type $sig (func (result i32)))
  (core module $m (func (export "f") (result i32) i32.const 1))
  (component $leaf
    (core module $l (func (export "g") (result i32) i32.const 2))
    (core instance $i (instantiate $l))
    (func (export "g") (result u32) (canon lift (core func $i "g"))))
  (component $outer
    (alias outer 1 $pair (type $pair))
    (type $of-outer (list $pair))
    (component $user
      (alias outer $outer $of-outer (type $of-outer))
      (alias outer 2 $pair (type $pair))
      (core type (module
        (alias outer 3 $sig (type $sig))
        (export "f" (func (type $sig)))))
      (alias outer 2 $m (core module $m))
      (alias outer 2 $leaf (component $leaf))
      (core instance $i (instantiate $m))
      (instance $l (instantiate $leaf))
      (func (export "f") (result u32) (canon lift (core func $i "f")))
      (export "g" (func $l "g"))
      (type $fn (func (param "p" $pair) (result $of-outer))))
    (export "user" (component $user)))
  (instance $o1 (instantiate $outer))
  (instance $o2 (instantiate $outer))
  (component $elsewhere
    (import "c" (component $c (export "f" (func (result u32)))))
    (instance $u (instantiate $c))
    (export "f" (func $u "f")))
  (instance $e1 (instantiate $elsewhere (with "c" (component $o1 "user"))))
  (instance $e2 (instantiate $elsewhere (with "c" (component $o2 "user"))))
  (export "f1" (func $e1 "f"))
  (export "f2" (func $e2 "f")))
