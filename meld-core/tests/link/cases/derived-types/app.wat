(component
  (import "a:b/types" (instance $types
    (export "r" (type $r (sub resource)))
    (export "[constructor]r" (func (result (own $r))))))
  (alias export $types "r" (type $r))
  (import "thing" (type $thing (eq $r)))
  (type $pair0 (record (field "one" (own $thing)) (field "two" (own $thing))))
  (import "pair" (type $pair (eq $pair0)))
  (type $own0 (record (field "n" u32)))
  (import "own" (type $own (eq $own0)))
  (core module $m (func (export "f") (param i32 i32 i32)))
  (core instance $i (instantiate $m))
  (func (export "run") (param "p" $pair) (param "o" $own) (canon lift (core func $i "f"))))
