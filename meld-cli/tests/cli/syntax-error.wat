;; FAIL: fuse % -o %tmp/x
(component
  (core module $m
    (func (export "f") (result i33))))
