(component (import "a:b/c" (instance (export "g" (func)) (export "f" (func (param "n" u64))))))
