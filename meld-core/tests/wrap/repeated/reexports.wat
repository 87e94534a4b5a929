(component
  (import "types" (instance $types
    (export "r" (type $r (sub resource)))
    (type $e0 (enum "x" "y"))
    (export "e" (type $e (eq $e0)))
    (export "f" (func (param "e" $e) (result (own $r))))))
  (import "host" (func $host (param "s" string)))
  (import "nested" (instance $nested
    (export "inner" (instance
      (export "q" (type $q (sub resource)))
      (export "g" (func (param "q" (borrow $q))))))))
  (import "module" (core module $module
    (import "m" "f" (func (param i32 externref) (result f64)))
    (import "m" "g" (global (mut i64)))
    (import "m" "t" (table 1 10 funcref))
    (export "memory" (memory 1))
    (export "tag" (tag (param i32)))))
  (import "unused" (component
    (import "r" (type $r (sub resource)))
    (import "f" (func (param "r" (own $r))))
    (export "i" (instance (export "x" (type (eq $r)))))))
  (export "types-again" (instance $types))
  (export "host-again" (func $host))
  (alias export $types "r" (type $r))
  (alias export $types "f" (func $f))
  (export $own "own-r" (type $r))
  (export "f" (func $f))
  (alias export $nested "inner" (instance $inner))
  (export "inner-again" (instance $inner))
  (alias export $inner "g" (func $g))
  (instance $bag (export "g" (func $g)) (export "host" (func $host)) (export "inner" (instance $inner)))
  (export "bag" (instance $bag))
  (export "module-again" (core module $module))
  (core module $own-module
    (import "x" "y" (func (param i64)))
    (memory (export "m") 2)
    (func (export "f") (result i32) i32.const 1))
  (export "own-module" (core module $own-module)))
