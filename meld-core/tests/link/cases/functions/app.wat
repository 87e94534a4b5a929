(component
  (import "double" (func $double (param "n" u32) (result u32)))
  (import "host" (func (param "s" string)))
  (core func $d (canon lower (func $double)))
  (core module $m
    (import "" "d" (func $d (param i32) (result i32)))
    (export "run" (func $d)))
  (core instance $i (instantiate $m (with "" (instance (export "d" (func $d))))))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
