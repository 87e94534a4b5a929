;; A stream of handles to the host, from an instance with a table of its own.
;; FAIL: fuse % -o %tmp/x
(component
  (import "host" (instance $h (export "r" (type $R (sub resource))) (type $s (stream (own $R))) (export "f" (func (param "s" $s)))))
  (alias export $h "r" (type $R))
  (component $U
    (import "r" (type $R (sub resource)))
    (type $s (stream (own $R)))
    (import "f" (func $f (param "s" $s)))
    (core func $f (canon lower (func $f)))
    (core func $drop (canon resource.drop $R))
    (func (export "drop") (param "x" u32) (canon lift (core func $drop)))
    (func (export "g") (param "x" u32) (canon lift (core func $f))))
  (instance $u (instantiate $U (with "r" (type $R)) (with "f" (func $h "f"))))
  (instance $v (instantiate $U (with "r" (type $R)) (with "f" (func $h "f"))))
  (export "g" (func $u "g")) (export "g2" (func $v "g")) (export "d" (func $v "drop")) (export "d2" (func $u "drop")))
