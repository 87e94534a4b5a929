(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f"))) (instance $c (export "f" (func $f))) (export "a:b/c" (instance $c)))
