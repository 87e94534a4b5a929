;; Core modules and types taken from an enclosing component: they are found by depth and index, and a module
;; that is instantiated in three places is three instances.

(component
  (core module $Shared
    (global $n (mut i32) (i32.const 0))
    (func (export "bump") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (type $pair (tuple u32 u32))
  (type $fn (func (param "p" $pair) (result u32)))
  (component $Child
    (alias outer 1 $Shared (core module $Mine))
    (alias outer 1 $pair (type $pair'))
    (core instance $m (instantiate $Mine))
    (component $Grandchild
      (alias outer 2 $Shared (core module $Mine))
      (alias outer 1 $pair' (type $pair''))
      (core instance $m (instantiate $Mine))
      (core module $Add (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
      (core instance $add (instantiate $Add))
      (func (export "add") (param "p" $pair'') (result u32) (canon lift (core func $add "add")))
      (func (export "bump") (result u32) (canon lift (core func $m "bump"))))
    (instance $g (instantiate $Grandchild))
    (export "add" (func $g "add"))
    (export "bump-inner" (func $g "bump"))
    (func (export "bump") (result u32) (canon lift (core func $m "bump"))))
  (core instance $m (instantiate $Shared))
  (instance $c (instantiate $Child))
  (component $Wrap
    (alias outer 1 $fn (type $fn'))
    (import "add" (func $add (type $fn')))
    (export "add" (func $add)))
  (func (export "bump") (result u32) (canon lift (core func $m "bump")))
  (export "bump-child" (func $c "bump"))
  (export "bump-inner" (func $c "bump-inner"))
  (export "add" (func $c "add")))

(assert_return (invoke "bump") (u32.const 1))
(assert_return (invoke "bump") (u32.const 2))
(assert_return (invoke "bump-child") (u32.const 1))
(assert_return (invoke "bump-inner") (u32.const 1))
(assert_return (invoke "bump") (u32.const 3))
(assert_return (invoke "add" (tuple.const (u32.const 3) (u32.const 4))) (u32.const 7))
