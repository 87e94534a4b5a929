(component
  (import "a:b/c" (instance
    (export "f" (func async (param "s" (stream u8)))))))
