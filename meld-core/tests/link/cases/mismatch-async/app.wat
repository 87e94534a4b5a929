(component
  (import "a:b/c" (instance
    (export "f" (func async (param "n" u32))))))
