(component
  (import "a:b/c" (instance
    (type $e0 (enum "x" "y"))
    (export "e" (type $e (eq $e0)))
    (export "f" (func (param "e" $e)))))
  (import "only-one" (func)))
