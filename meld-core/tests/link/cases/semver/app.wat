(component
  (import "a:b/c@1.2.0" (instance (export "f" (func))))
  (import "a:b/zero@0.2.1" (instance (export "f" (func))))
  (import "a:b/higher@1.5.0" (instance (export "f" (func)))))
