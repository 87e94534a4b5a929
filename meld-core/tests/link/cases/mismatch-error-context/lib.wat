(component
  (component $inner
    (import "in" (instance $in
      (export "f" (func async (result (result u8 (error string)))))))
    (export "a:b/c" (instance $in)))
  (import "host" (instance $host
    (export "f" (func async (result (result u8 (error string)))))))
  (instance $i (instantiate $inner (with "in" (instance $host))))
  (alias export $i "a:b/c" (instance $c))
  (export "a:b/c" (instance $c)))
