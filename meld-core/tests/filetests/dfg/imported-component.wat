;; The code of an imported component is not in the input.
(component
  (import "c" (component $c))
  (instance (instantiate $c)))
