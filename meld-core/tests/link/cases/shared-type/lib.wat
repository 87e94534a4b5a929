(component
  (type $e (enum "a"))
  (instance $x (export "e" (type $e)))
  (export "a" (instance $x)))
