(component
  (import "a:b/c@1.2.0" (instance (export "f" (func))))
  (import "a:b/zero@0.2.1" (instance (export "f" (func))))
  (import "a:b/pre@1.0.0-rc.1" (instance (export "f" (func))))
  (import "a:b/exact@1.0.0-rc.1" (instance (export "f" (func))))
  (import "a:b/patch@0.0.3" (instance (export "f" (func))))
  (import "a:b/suffix@1" (version-suffix ".2.3") (instance (export "f" (func))))
  (import "a:b/higher@1.5.0" (instance (export "f" (func)))))
