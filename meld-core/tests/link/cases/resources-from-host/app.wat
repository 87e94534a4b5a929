(component
  (import "a:b/types" (instance $types
    (export "r" (type $r (sub resource)))
    (export "[constructor]r" (func (result (own $r))))))
  (alias export $types "r" (type $r))
  (import "a:b/user" (instance
    (alias outer 1 $r (type $outer))
    (export "r" (type $r (eq $outer)))
    (export "use" (func (param "r" (borrow $r)))))))
