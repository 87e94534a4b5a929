(component
  (import "a:b/types" (instance $types
    (export "r" (type $r (sub resource)))
    (export "[constructor]r" (func (result (own $r))))))
  (alias export $types "r" (type $r))
  (core module $m (func (export "use") (param i32)))
  (core instance $i (instantiate $m))
  (func $use (param "r" (borrow $r)) (canon lift (core func $i "use")))
  (component $shim
    (import "r" (type $r (sub resource)))
    (import "use" (func $use (param "r" (borrow $r))))
    (export $r2 "r" (type $r))
    (export "use" (func $use) (func (param "r" (borrow $r2)))))
  (instance $user (instantiate $shim (with "r" (type $r)) (with "use" (func $use))))
  (export "a:b/user" (instance $user)))
