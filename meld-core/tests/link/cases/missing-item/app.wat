(component (import "a:b/c" (instance (export "f" (func)) (export "g" (func)))))
