(component
  (type $e (enum "x" "y"))
  (instance $c (export "e" (type $e)))
  (export "a:b/types" (instance $c)))
