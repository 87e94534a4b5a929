;; `(eq)` bounds, aliases and `use` between interfaces make no new type: there is one imported resource
;; for each `(sub resource)`, whoever mentions it.
(component
  (import "a:b/types" (instance $types
    (export "file" (type $file (sub resource)))
    (export "open" (func (result (own $file))))))
  (alias export $types "file" (type $file))
  (import "file" (type $file2 (eq $file)))
  (import "a:b/user" (instance $user
    (alias outer 1 $file2 (type $f))
    (export "file" (type $g (eq $f)))
    (export "socket" (type (sub resource)))
    (export "read" (func (param "f" (borrow $g)) (result u32)))))
  (component $inner
    (import "file" (type $file (sub resource)))
    (import "same" (type $same (eq $file)))
    (import "open" (func $open (result (own $file))))
    (import "read" (func $read (param "f" (borrow $same)) (result u32)))
    (core func (canon lower (func $open)))
    (core func (canon lower (func $read)))
    (core func (canon resource.drop $file))
    (core func (canon resource.drop $same)))
  (alias export $user "file" (type $file3))
  (instance (instantiate $inner
    (with "file" (type $file3))
    (with "same" (type $file))
    (with "open" (func $types "open"))
    (with "read" (func $user "read"))))
  (export "file" (type $file2))
  (export "types" (instance $types)))
