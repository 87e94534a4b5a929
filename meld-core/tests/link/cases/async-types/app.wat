(component
  (import "a:b/api" (instance $api
    (export "r" (type $r (sub resource)))
    (type $numbers (stream u32))
    (type $text (future string))
    (type $resources (stream (own $r)))
    (export "f" (func async (param "s" $numbers) (result $text)))
    (export "h" (func (param "s" $resources)))
    (export "[method]r.e" (func async (param "self" (borrow $r)) (result u32)))))
  (type $numbers (stream u32))
  (type $text (future string))
  (import "plain" (func $f async (param "s" $numbers) (result $text)))
  ;; What no input provides: an import of the root, with the same resource inside of a future.
  (alias export $api "r" (type $r))
  (import "log" (func async (param "code" u8) (result (future error-context)))))
