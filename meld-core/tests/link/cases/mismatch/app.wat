(component (import "a:b/c" (instance
  (type $p0 (record (field "x" u8) (field "y" (list string))))
  (export "p" (type $p (eq $p0)))
  (export "f" (func (param "p" $p))))))
