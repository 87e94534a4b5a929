(component
  (component $inner
    (type $R' (resource (rep i32)))
    (export "r" (type $R')))
  (instance $types (instantiate $inner))
  (export "types" (instance $types)))
