;; What shouter.rs exports, with a post-return: so there is an adapter in front of it.
(component
  (core module $m
    (func (export "boom") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "after") (param i32)))
  (core instance $m (instantiate $m))
  (func $boom (param "n" u32) (result u32) (canon lift (core func $m "boom") (post-return (core func $m "after"))))
  (instance (export "test:debug/shout") (export "boom" (func $boom))))
