(component
  (import "a:b/c@1.0.0" (instance $n (export "f" (func (result u32)))))
  (alias export $n "f" (func $f))
  (core func $lowered (canon lower (func $f)))
  (core module $m
    (import "" "f" (func $f (result i32)))
    (func (export "g") (result i32) (call $f)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $lowered))))))
  (func (export "g") (result u32) (canon lift (core func $i "g"))))
