;; Component values are not supported.
(component
  (import "v" (value $v string))
  (export "w" (value $v)))
