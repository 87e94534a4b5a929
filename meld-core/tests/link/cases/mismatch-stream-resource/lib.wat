(component
  (component $inner
    (import "in" (instance $in
      (export "r" (type $r (sub resource)))
      (export "q" (type $q (sub resource)))
      (export "f" (func async (param "s" (stream (own $q)))))))
    (export "a:b/c" (instance $in)))
  (import "host" (instance $host
    (export "r" (type $r (sub resource)))
      (export "q" (type $q (sub resource)))
      (export "f" (func async (param "s" (stream (own $q)))))))
  (instance $i (instantiate $inner (with "in" (instance $host))))
  (alias export $i "a:b/c" (instance $c))
  (export "a:b/c" (instance $c)))
