;; Component instances without code: bags of exports, instances with more exports than asked for, and
;; exports with a narrower type.
(component
  (import "host" (instance $host
    (export "f" (func (result u32)))
    (export "g" (func (result u32)))
    (export "inner" (instance (export "h" (func (result u32)))))))
  (component $c
    (core module $m (func (export "f") (result i32) i32.const 1))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (export "f" (func $f))
    (export "extra" (func $f)))
  (instance $c (instantiate $c))
  (instance $bag
    (export "mine" (func $c "f"))
    (export "theirs" (func $host "f"))
    (export "all" (instance $c)))
  (component $narrow
    (import "i" (instance $i (export "f" (func (result u32)))))
    (core func (canon lower (func $i "f")))
    (export "again" (instance $i)))
  (instance $n (instantiate $narrow (with "i" (instance $c))))
  (instance $n2 (instantiate $narrow (with "i" (instance $host))))
  (export "bag" (instance $bag))
  (export "part" (instance $bag) (instance (export "mine" (func (result u32)))))
  (export "host" (instance $host))
  (export "host-inner" (instance $host "inner"))
  (export "through" (instance $n "again"))
  (export "through-host" (instance $n2 "again"))
  (export "theirs" (func $host "g")))
