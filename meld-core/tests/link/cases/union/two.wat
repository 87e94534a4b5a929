(component
  (import "a:b/other" (instance $other
    (type $p0 (record (field "x" u8)))
    (export "p" (type $p (eq $p0)))))
  (alias export $other "p" (type $p))
  (import "a:b/c" (instance
    (alias outer 1 $p (type $p1))
    (export "p" (type $p2 (eq $p1)))
    (type $e0 (enum "x" "y"))
    (export "e" (type $e (eq $e0)))
    (export "g" (func (param "p" $p2) (result $e)))
    (export "f" (func (param "e" $e))))))
