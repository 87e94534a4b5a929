(component
  (type $t (instance (type $e (enum "a")) (export "e" (type (eq $e)))))
  (import "a" (instance (type $t)))
  (import "b" (instance (type $t))))
