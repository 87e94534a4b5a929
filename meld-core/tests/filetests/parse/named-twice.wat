;; A component that imports one type under two names, and is instantiated.
(component
  (component $c
    (type $t (instance (type $e (enum "a")) (export "e" (type (eq $e)))))
    (import "a" (instance (type $t)))
    (import "b" (instance (type $t))))
  (type $e (enum "a"))
  (instance $x (export "e" (type $e)))
  (instance (instantiate $c (with "a" (instance $x)) (with "b" (instance $x)))))
