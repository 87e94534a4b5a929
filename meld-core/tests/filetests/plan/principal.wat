;; options: component
;; One instance uses tasks: its built-ins are the host's. A synchronous instance beside it is called directly, and a built-in of its
;; own, which stands in a table and which nothing calls, is dead.
(component
  (component $member
    (core func $drop (canon waitable-set.drop))
    (core module $m
      (import "" "drop" (func $drop (param i32)))
      (type $unary (func (param i32) (result i32)))
      (table funcref (elem $drop $double))
      (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "double") (param i32) (result i32) (call_indirect (type $unary) (local.get 0) (i32.const 1))))
    (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
    (func (export "double") (param "n" u32) (result u32) (canon lift (core func $i "double"))))
  (component $principal
    (import "double" (func $d (param "n" u32) (result u32)))
    (core func $d (canon lower (func $d)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "d" (func $d (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "g") (param i32) (result i32)
        (call $return (call $d (local.get 0)))
        (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) (unreachable)))
    (core instance $i (instantiate $m (with "" (instance
      (export "d" (func $d))
      (export "return" (func $return))))))
    (func (export "g") async (param "n" u32) (result u32)
      (canon lift (core func $i "g") async (callback (core func $i "callback")))))
  (instance $p (instantiate $member))
  (instance $c (instantiate $principal (with "double" (func $p "double"))))
  (export "g" (func $c "g")))
