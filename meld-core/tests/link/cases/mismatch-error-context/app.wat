(component
  (import "a:b/c" (instance
    (export "f" (func async (result (result u8 (error error-context))))))))
