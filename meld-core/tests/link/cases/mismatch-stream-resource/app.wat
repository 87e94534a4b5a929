(component
  (import "a:b/c" (instance
    (export "r" (type $r (sub resource)))
    (export "q" (type $q (sub resource)))
    (export "f" (func async (param "s" (stream (own $r))))))))
