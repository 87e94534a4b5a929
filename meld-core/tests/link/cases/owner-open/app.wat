(component
  (import "types" (instance $types (export "r" (type (sub resource)))))
  (alias export $types "r" (type $r))
  (import "user" (instance (alias outer 1 $r (type $r)) (export "r" (type (eq $r)))
    (export "make" (func (result (own $r))))))
  (core module $m (func (export "g")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "g"))))
