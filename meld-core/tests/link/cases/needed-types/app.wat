(component
  (import "a:b/types" (instance $types
    (type $e0 (enum "x" "y"))
    (export "e" (type $e (eq $e0)))))
  (alias export $types "e" (type $e))
  (core module $m (func (export "f") (param i32)))
  (core instance $i (instantiate $m))
  (func (export "run") (param "e" $e) (canon lift (core func $i "f"))))
