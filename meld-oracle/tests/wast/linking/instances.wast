;; Shapes of instantiation (Explainer.md, "Instance Definitions"): instances made of exports, instances within
;; instances, components and core modules as arguments, one argument under many names.

;; A bag of exports satisfies an import, with more in it than is asked for.
(component
  (component $Provider
    (core module $M
      (func (export "one") (result i32) (i32.const 1))
      (func (export "two") (result i32) (i32.const 2))
      (func (export "three") (result i32) (i32.const 3)))
    (core instance $m (instantiate $M))
    (func (export "one") (result u32) (canon lift (core func $m "one")))
    (func (export "two") (result u32) (canon lift (core func $m "two")))
    (func (export "three") (result u32) (canon lift (core func $m "three"))))
  (component $User
    (import "nums" (instance $n
      (export "b" (func (result u32)))
      (export "a" (func (result u32)))))
    (core func $a (canon lower (func $n "a")))
    (core func $b (canon lower (func $n "b")))
    (core module $M
      (import "" "a" (func $a (result i32)))
      (import "" "b" (func $b (result i32)))
      (func (export "run") (result i32) (i32.add (i32.mul (call $a) (i32.const 10)) (call $b))))
    (core instance $m (instantiate $M (with "" (instance (export "b" (func $b)) (export "a" (func $a))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))
  (instance $p (instantiate $Provider))
  ;; Crossed over, and one function twice.
  (instance $bag
    (export "a" (func $p "three"))
    (export "b" (func $p "one"))
    (export "unused" (func $p "one")))
  (instance $u1 (instantiate $User (with "nums" (instance $bag))))
  (instance $u2 (instantiate $User
    (with "nums" (instance (export "b" (func $p "two")) (export "a" (func $p "two"))))))
  (export "first" (func $u1 "run"))
  (export "second" (func $u2 "run")))

(assert_return (invoke "first") (u32.const 31))
(assert_return (invoke "second") (u32.const 22))

;; Instances within instances, reached by alias on alias.
(component
  (component $Leaf
    (core module $M (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M))
    (func $f (param "x" u32) (result u32) (canon lift (core func $m "f")))
    (instance $inner (export "f" (func $f)))
    (instance $outer (export "inner" (instance $inner)) (export "again" (instance $inner)))
    (export "outer" (instance $outer)))
  (component $User
    (import "outer" (instance $o
      (export "again" (instance (export "f" (func (param "x" u32) (result u32)))))))
    (alias export $o "again" (instance $again))
    (alias export $again "f" (func $f))
    (core func $f' (canon lower (func $f)))
    (core module $M
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "run") (param i32) (result i32) (call $f (call $f (local.get 0)))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run"))))
  (instance $leaf (instantiate $Leaf))
  (alias export $leaf "outer" (instance $outer))
  (instance $user (instantiate $User (with "outer" (instance $outer))))
  (export "run" (func $user "run")))

(assert_return (invoke "run" (u32.const 5)) (u32.const 7))

;; A component that is handed a component and instantiates it, twice.
(component
  (component $Counter
    (core module $M
      (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))
    (core instance $m (instantiate $M))
    (func (export "next") (result u32) (canon lift (core func $m "next"))))
  (component $Factory
    (import "make" (component $Make (export "next" (func (result u32)))))
    (instance $a (instantiate $Make))
    (instance $b (instantiate $Make))
    (export "a" (func $a "next"))
    (export "b" (func $b "next")))
  (instance $f (instantiate $Factory (with "make" (component $Counter))))
  (export "a" (func $f "a"))
  (export "b" (func $f "b")))

(assert_return (invoke "a") (u32.const 1))
(assert_return (invoke "a") (u32.const 2))
(assert_return (invoke "b") (u32.const 1))

;; A component argument with imports of its own, which the callee provides.
(component
  (component $Base
    (core module $M (func (export "f") (result i32) (i32.const 7)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Decorator
    (import "f" (func $f (result u32)))
    (core func $f' (canon lower (func $f)))
    (core module $M
      (import "" "f" (func $f (result i32)))
      (func (export "f") (result i32) (i32.mul (call $f) (i32.const 10))))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Wirer
    (import "base" (component $B (export "f" (func (result u32)))))
    (import "decorator" (component $D (import "f" (func (result u32))) (export "f" (func (result u32)))))
    (instance $b (instantiate $B))
    (instance $d1 (instantiate $D (with "f" (func $b "f"))))
    (instance $d2 (instantiate $D (with "f" (func $d1 "f"))))
    (export "f" (func $d2 "f")))
  (instance $w (instantiate $Wirer (with "base" (component $Base)) (with "decorator" (component $Decorator))))
  (export "f" (func $w "f")))

(assert_return (invoke "f") (u32.const 700))

;; A core module as an argument, instantiated with what the callee has.
(component
  (core module $Add
    (import "env" "k" (global $k i32))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (global.get $k))))
  (component $Host
    (import "module" (core module $M
      (import "env" "k" (global i32))
      (export "add" (func (param i32) (result i32)))))
    (core module $Env
      (global (export "k") i32 (i32.const 100)))
    (core module $Env2
      (global (export "k") i32 (i32.const 1000)))
    (core instance $env (instantiate $Env))
    (core instance $env2 (instantiate $Env2))
    (core instance $m (instantiate $M (with "env" (instance $env))))
    (core instance $m2 (instantiate $M (with "env" (instance $env2))))
    (func (export "add") (param "x" u32) (result u32) (canon lift (core func $m "add")))
    (func (export "add2") (param "x" u32) (result u32) (canon lift (core func $m2 "add"))))
  (instance $h (instantiate $Host (with "module" (core module $Add))))
  (export "add" (func $h "add"))
  (export "add2" (func $h "add2")))

(assert_return (invoke "add" (u32.const 1)) (u32.const 101))
(assert_return (invoke "add2" (u32.const 1)) (u32.const 1001))

;; Functions handed through components that do nothing with them.
(component
  (component $Provider
    (core module $M (func (export "f") (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" s32) (result s32) (canon lift (core func $m "f"))))
  (component $Pass
    (import "in" (func $f (param "x" s32) (result s32)))
    (export "out" (func $f)))
  (component $PassInstance
    (import "in" (instance $i (export "out" (func (param "x" s32) (result s32)))))
    (export "out" (instance $i)))
  (instance $p (instantiate $Provider))
  (instance $p1 (instantiate $Pass (with "in" (func $p "f"))))
  (instance $p2 (instantiate $Pass (with "in" (func $p1 "out"))))
  (instance $p3 (instantiate $PassInstance (with "in" (instance $p2))))
  (alias export $p3 "out" (instance $out))
  (export "f" (func $out "out"))
  (export "g" (func $p "f")))

(assert_return (invoke "f" (s32.const 5)) (s32.const -5))
(assert_return (invoke "g" (s32.const -7)) (s32.const 7))

;; Arguments that nobody uses, and imports that nobody uses.
(component
  (component $Provider
    (core module $M (func (export "f") (result i32) (i32.const 3)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $User
    (import "used" (func $u (result u32)))
    (import "unused" (func (result u32)))
    (export "f" (func $u)))
  (instance $p (instantiate $Provider))
  (instance $u (instantiate $User (with "used" (func $p "f")) (with "unused" (func $p "f"))))
  (export "f" (func $u "f")))

(assert_return (invoke "f") (u32.const 3))
