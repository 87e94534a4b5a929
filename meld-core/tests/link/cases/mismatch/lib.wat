(component
  (type $p (record (field "x" u8) (field "y" (list u8))))
  (instance $c (export "p" (type $p)))
  (export "a:b/c" (instance $c)))
