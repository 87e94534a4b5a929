;; Results hold no borrows (Explainer.md, "Type Definitions"), at any depth; and built-ins know their own resources only.

(assert_invalid
  (component
    (import "r" (type $R (sub resource)))
    (import "f" (func (result (borrow $R)))))
  "function result cannot contain a `borrow` type")
(assert_invalid
  (component
    (import "r" (type $R (sub resource)))
    (import "f" (func (result (list (tuple u32 (option (borrow $R))))))))
  "function result cannot contain a `borrow` type")
(assert_invalid
  (component
    (import "r" (type $R (sub resource)))
    (core func (canon resource.new $R)))
  "not a local resource")
(assert_invalid
  (component
    (import "r" (type $R (sub resource)))
    (core func (canon resource.rep $R)))
  "not a local resource")
;; Borrows in parameters are fine, at any depth.
(component
  (import "host" (instance $host
    (export "resource1" (type $R (sub resource)))
    (export "[method]resource1.take-borrow" (func (param "self" (borrow $R)) (param "b" (borrow $R)))))))
