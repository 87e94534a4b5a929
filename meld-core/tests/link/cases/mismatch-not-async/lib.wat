(component
  (component $inner
    (import "in" (instance $in
      (export "f" (func async (param "n" u32)))))
    (export "a:b/c" (instance $in)))
  (import "host" (instance $host
    (export "f" (func async (param "n" u32)))))
  (instance $i (instantiate $inner (with "in" (instance $host))))
  (alias export $i "a:b/c" (instance $c))
  (export "a:b/c" (instance $c)))
