;; A well-formed component that is not valid: the function leaves nothing on the stack.
;; FAIL: fuse % -o %tmp/x
(component
  (component $inner
    (core module $m (func (export "f") (result i32)))
    (core instance $i (instantiate $m)))
  (instance (instantiate $inner)))
