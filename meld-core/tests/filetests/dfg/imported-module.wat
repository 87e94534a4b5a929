;; The code of an imported module is not in the input.
(component
  (import "i" (instance $i (export "m" (core module (export "f" (func))))))
  (component $c
    (import "m" (core module $m (export "f" (func))))
    (core instance (instantiate $m)))
  (instance $named (instantiate $c (with "m" (core module $i "m")))))
