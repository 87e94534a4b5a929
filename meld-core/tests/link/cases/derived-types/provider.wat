(component
  (type $r (resource (rep i32)))
  (core func $new (canon resource.new $r))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "new") (result i32) (call $new (i32.const 7))))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func $new (result (own $r)) (canon lift (core func $i "new")))
  (component $shim
    (import "r" (type $r (sub resource)))
    (import "new" (func $new (result (own $r))))
    (export $r2 "r" (type $r))
    (export "[constructor]r" (func $new) (func (result (own $r2)))))
  (instance $types (instantiate $shim (with "r" (type $r)) (with "new" (func $new))))
  (export "a:b/types" (instance $types)))
