;; Core functions are core functions: built-ins are lifted, lowered imports are lifted again, and both
;; serve as options, destructors and exports of bags.
(component
  (import "host" (func $host (param "x" u32) (result u32)))
  (core func $host (canon lower (func $host)))
  (func $again (param "x" u32) (result u32) (canon lift (core func $host)))
  (core func $twice (canon lower (func $again)))
  (core func $equal (canon lower (func $again)))
  (component $c
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core func $rep (canon resource.rep $r))
    (export $r' "r" (type $r))
    (func (export "new") (param "rep" u32) (result (own $r')) (canon lift (core func $new))))
  (instance $c (instantiate $c))
  (core module $m (import "" "f" (func (param i32) (result i32))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $twice))))))
  (core instance (instantiate $m (with "" (instance (export "f" (func $equal))))))
  (export "c" (instance $c))
  (export "again" (func $again)))
