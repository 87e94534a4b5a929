;; An async lift.
;; FAIL: fuse % -o %tmp/x --report %tmp/report.json --wit %tmp/x.wit
(component
  (core module $m
    (func (export "f") (result i32) (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func (export "f") async (canon lift (core func $i "f") async (callback (core func $i "callback")))))
