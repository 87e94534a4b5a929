;; What registries know of the parts is known of the whole, as far as it can be said of the whole.
;;
;; RUN[core]: fuse % -t
;; RUN[component]: fuse % --component -t
;; RUN[all]: fuse % -t --strip all -v
;; RUN[verbose]: fuse % -o %tmp/x -v
(component
  (component $a
    (core module $m (@custom "authors" "Ada") (@custom "licenses" "MIT") (@custom "version" "1.0.0") (@custom "homepage" "https://example.com")
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (component $b
    (core module $m (@custom "authors" "Bob") (@custom "licenses" "Apache-2.0 OR MIT") (@custom "version" "2.0.0")
      (func (export "g") (result i32) (i32.const 2)))
    (core instance $i (instantiate $m))
    (func (export "g") (result u32) (canon lift (core func $i "g"))))
  (instance $a (instantiate $a))
  (instance $b (instantiate $b))
  (export "f" (func $a "f"))
  (export "g" (func $b "g")))
