;; Instances that are entered while they are running (CanonicalABI.md, `canon lift`; Concurrency.md, "Reentrance"). A parent
;; may call a child that calls it back, as deep as the stack goes. Only a call from an instance to itself traps.

;; A parent calls its child.
(component
  (component $Child
    (core module $m (func (export "f") (result i32) (i32.const 42)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (instance $c (instantiate $Child))
  (core func $f (canon lower (func $c "f")))
  (core module $m
    (import "" "f" (func $f (result i32)))
    (func (export "g") (result i32) (i32.add (call $f) (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "g") (result u32) (canon lift (core func $i "g")))
  ;; The child's function as the parent's own, without code between.
  (func (export "h") (result u32) (canon lift (core func $f))))
(assert_return (invoke "g") (u32.const 43))
(assert_return (invoke "h") (u32.const 42))

;; The child calls back, and so does the child's child, which knows the root's function.
(component
  (core module $m
    (global $n (mut i32) (i32.const 0))
    (func (export "f") (param i32) (result i32)
      (global.set $n (i32.add (global.get $n) (local.get 0)))
      (global.get $n)))
  (core instance $i (instantiate $m))
  (func $f (param "x" u32) (result u32) (canon lift (core func $i "f")))
  (component $Child
    (import "f" (func $f (param "x" u32) (result u32)))
    (component $Grandchild
      (import "f" (func $f (param "x" u32) (result u32)))
      (core func $f (canon lower (func $f)))
      (core module $m
        (import "" "f" (func $f (param i32) (result i32)))
        (func (export "g") (param i32) (result i32) (call $f (i32.mul (local.get 0) (i32.const 100)))))
      (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g"))))
    (instance $c (instantiate $Grandchild (with "f" (func $f))))
    (core func $f (canon lower (func $f)))
    (core func $cg (canon lower (func $c "g")))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (import "" "cg" (func $cg (param i32) (result i32)))
      (func (export "g") (param i32) (result i32)
        (i32.add (call $f (local.get 0)) (call $cg (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f)) (export "cg" (func $cg))))))
    (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $cg (canon lower (func $c "g")))
  (core module $k
    (import "" "cg" (func $cg (param i32) (result i32)))
    (func (export "g") (param i32) (result i32) (call $cg (local.get 0))))
  (core instance $k (instantiate $k (with "" (instance (export "cg" (func $cg))))))
  (func (export "g") (param "x" u32) (result u32) (canon lift (core func $k "g")))
  (export "child-g" (func $c "g")))
(assert_return (invoke "g" (u32.const 1)) (u32.const 102))
(assert_return (invoke "child-g" (u32.const 1)) (u32.const 304))

;; An instance that calls itself traps, whether directly or through the function of another that is only passed on.
(component definition $itself
  (core module $m (func (export "f") (result i32) (i32.const 42)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (component $Child
    (import "f" (func $f (result u32)))
    (export "f" (func $f)))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $direct (canon lower (func $f)))
  (core func $around (canon lower (func $c "f")))
  (core module $k
    (import "" "direct" (func $direct (result i32)))
    (import "" "around" (func $around (result i32)))
    (func (export "direct") (result i32) (call $direct))
    (func (export "around") (result i32) (call $around)))
  (core instance $k (instantiate $k (with "" (instance
    (export "direct" (func $direct)) (export "around" (func $around))))))
  (export "f" (func $f))
  (func (export "direct") (result u32) (canon lift (core func $k "direct")))
  (func (export "around") (result u32) (canon lift (core func $k "around"))))
(component instance $a $itself)
(assert_return (invoke "f") (u32.const 42))
(assert_trap (invoke "direct") "cannot enter component instance")
(component instance $b $itself)
(assert_trap (invoke "around") "cannot enter component instance")

;; Strings in both directions, recursively: each level appends a letter to what the level below it returned. Every call
;; has a place of its own for its result, and every result is copied before the post-return wipes it.
(component
  (core module $Heap
    (memory (export "m") 1)
    (table (export "t") 1 funcref)
    (global $next (export "next") (mut i32) (i32.const 1024))
    (func $realloc (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $to i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $to)))
      (if (local.get $from)
        (then (memory.copy (local.get $at) (local.get $old) (local.get $from))))
      (local.get $at)))
  (core module $P
    (import "heap" "m" (memory 1))
    (import "heap" "t" (table 1 funcref))
    (import "heap" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (type $down (func (param i32 i32 i32 i32)))
    (global $wiped (export "wiped") (mut i32) (i32.const 0))
    ;; f(n, s): s where n is 0, else what the other side makes of (n - 1, s), with a `p` behind it.
    (func (export "f") (param $n i32) (param $s i32) (param $len i32) (result i32)
      (local $ret i32) (local $old i32) (local $size i32)
      (local.set $ret (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
      (if (local.get $n)
        (then
          (call_indirect (type $down)
            (i32.sub (local.get $n) (i32.const 1)) (local.get $s) (local.get $len) (local.get $ret) (i32.const 0))
          (local.set $size (i32.load offset=4 (local.get $ret)))
          (local.set $old (i32.load (local.get $ret)))
          (i32.store (local.get $ret) (call $realloc
            (local.get $old) (local.get $size) (i32.const 1) (i32.add (local.get $size) (i32.const 1))))
          (i32.store8 (i32.add (i32.load (local.get $ret)) (local.get $size)) (i32.const 112))
          (i32.store offset=4 (local.get $ret) (i32.add (local.get $size) (i32.const 1))))
        (else
          (i32.store (local.get $ret) (local.get $s))
          (i32.store offset=4 (local.get $ret) (local.get $len))))
      (local.get $ret))
    (func (export "post") (param $ret i32)
      (global.set $wiped (i32.add (global.get $wiped) (i32.const 1)))
      (memory.fill (i32.load (local.get $ret)) (i32.const 42) (i32.load offset=4 (local.get $ret))))
    (func (export "wiped-times") (result i32) (global.get $wiped)))
  (core instance $heap (instantiate $Heap))
  (core instance $p (instantiate $P (with "heap" (instance $heap))))
  (func $f (param "n" u32) (param "s" string) (result string)
    (canon lift (core func $p "f") (memory (core memory $heap "m")) (realloc (core func $heap "realloc")) (post-return (core func $p "post"))))
  (component $Child
    (import "f" (func $f (param "n" u32) (param "s" string) (result string)))
    (core module $Heap
      (memory (export "m") 1)
      (global $next (mut i32) (i32.const 2048))
      (func (export "realloc") (param $old i32) (param $from i32) (param $align i32) (param $to i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (i32.mul (local.get $to) (i32.const 2))))
        (if (local.get $from)
          (then (memory.copy (local.get $at) (local.get $old) (local.get $from))))
        (local.get $at)))
    (core instance $heap (instantiate $Heap))
    (core func $f (canon lower (func $f) string-encoding=utf16 (memory (core memory $heap "m")) (realloc (core func $heap "realloc"))))
    (core module $M
      (import "heap" "m" (memory 1))
      (import "heap" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (import "" "f" (func $f (param i32 i32 i32 i32)))
      (func (export "g") (param $n i32) (param $s i32) (param $len i32) (result i32)
        (local $ret i32) (local $size i32)
        (local.set $ret (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
        (if (local.get $n)
          (then
            (call $f (i32.sub (local.get $n) (i32.const 1)) (local.get $s) (local.get $len) (local.get $ret))
            (local.set $size (i32.load offset=4 (local.get $ret)))
            (i32.store (local.get $ret) (call $realloc
              (i32.load (local.get $ret)) (i32.mul (local.get $size) (i32.const 2))
              (i32.const 2) (i32.add (i32.mul (local.get $size) (i32.const 2)) (i32.const 2))))
            (i32.store16 (i32.add (i32.load (local.get $ret)) (i32.mul (local.get $size) (i32.const 2))) (i32.const 99))
            (i32.store offset=4 (local.get $ret) (i32.add (local.get $size) (i32.const 1))))
          (else
            (i32.store (local.get $ret) (local.get $s))
            (i32.store offset=4 (local.get $ret) (local.get $len))))
        (local.get $ret))
      (func (export "post") (param $ret i32)
        (memory.fill (i32.load (local.get $ret)) (i32.const 43) (i32.load offset=4 (local.get $ret)))))
    (core instance $i (instantiate $M (with "heap" (instance $heap)) (with "" (instance (export "f" (func $f))))))
    (func (export "g") (param "n" u32) (param "s" string) (result string)
      (canon lift (core func $i "g") string-encoding=utf16 (memory (core memory $heap "m")) (realloc (core func $heap "realloc"))
        (post-return (core func $i "post")))))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $g (canon lower (func $c "g") (memory (core memory $heap "m")) (realloc (core func $heap "realloc"))))
  (core module $Link
    (import "" "t" (table 1 funcref))
    (import "" "g" (func $g (param i32 i32 i32 i32)))
    (elem (i32.const 0) func $g))
  (core instance (instantiate $Link (with "" (instance (export "t" (table $heap "t")) (export "g" (func $g))))))
  (export "f" (func $f))
  (export "g" (func $c "g"))
  (func (export "wiped") (result u32) (canon lift (core func $p "wiped-times"))))
(assert_return (invoke "f" (u32.const 0) (str.const "x")) (str.const "x"))
(assert_return (invoke "f" (u32.const 1) (str.const "x")) (str.const "xp"))
(assert_return (invoke "f" (u32.const 2) (str.const "x")) (str.const "xcp"))
(assert_return (invoke "f" (u32.const 7) (str.const "\u{e9}")) (str.const "\u{e9}pcpcpcp"))
(assert_return (invoke "g" (u32.const 4) (str.const "yy")) (str.const "yypcpc"))
(assert_return (invoke "wiped") (u32.const 10))

;; Re-entrance through a sibling: C1 calls C2, which calls the parent, which calls C1.
(component
  (core module $T
    (table (export "t") 1 funcref)
    (func (export "fwd") (param i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))
  (core instance $t (instantiate $T))
  (func $fwd (param "n" u32) (result u32) (canon lift (core func $t "fwd")))
  (component $C2
    (import "fwd" (func $fwd (param "n" u32) (result u32)))
    (core func $fwd (canon lower (func $fwd)))
    (core module $m
      (import "" "fwd" (func $fwd (param i32) (result i32)))
      (func (export "g") (param i32) (result i32) (i32.mul (call $fwd (local.get 0)) (i32.const 2))))
    (core instance $i (instantiate $m (with "" (instance (export "fwd" (func $fwd))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $c2 (instantiate $C2 (with "fwd" (func $fwd))))
  (component $C1
    (import "g" (func $g (param "n" u32) (result u32)))
    (core func $g (canon lower (func $g)))
    (core module $m
      (import "" "g" (func $g (param i32) (result i32)))
      (global $depth (mut i32) (i32.const 0))
      (global $deepest (mut i32) (i32.const 0))
      (func (export "f") (param i32) (result i32)
        (local $r i32)
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (if (i32.gt_u (global.get $depth) (global.get $deepest)) (then (global.set $deepest (global.get $depth))))
        (local.set $r (if (result i32) (local.get 0)
          (then (i32.add (call $g (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
          (else (i32.const 1))))
        (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))
        (local.get $r))
      (func (export "deepest") (result i32) (global.get $deepest)))
    (core instance $i (instantiate $m (with "" (instance (export "g" (func $g))))))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f")))
    (func (export "deepest") (result u32) (canon lift (core func $i "deepest"))))
  (instance $c1 (instantiate $C1 (with "g" (func $c2 "g"))))
  (core func $f (canon lower (func $c1 "f")))
  (core module $Link
    (import "" "t" (table 1 funcref))
    (import "" "f" (func $f (param i32) (result i32)))
    (elem (i32.const 0) func $f))
  (core instance (instantiate $Link (with "" (instance (export "t" (table $t "t")) (export "f" (func $f))))))
  (export "f" (func $c1 "f"))
  (export "deepest" (func $c1 "deepest")))
(assert_return (invoke "f" (u32.const 3)) (u32.const 15))
(assert_return (invoke "deepest") (u32.const 4))
(assert_return (invoke "f" (u32.const 60)) (u32.const 0xffff_ffff))

;; A child's start function calls its parent, of which one core instance is there already.
(component
  (core module $m
    (global $n (mut i32) (i32.const 0))
    (func (export "add") (param i32) (global.set $n (i32.add (global.get $n) (local.get 0))))
    (func (export "n") (result i32) (global.get $n)))
  (core instance $i (instantiate $m))
  (func $add (param "x" u32) (canon lift (core func $i "add")))
  (component $Child
    (import "add" (func $add (param "x" u32)))
    (core func $add (canon lower (func $add)))
    (core module $m
      (import "" "add" (func $add (param i32)))
      (func $start (call $add (i32.const 7)))
      (start $start))
    (core instance (instantiate $m (with "" (instance (export "add" (func $add))))))
    ;; The lowered function itself as a start function.
    (component $Empty (import "nothing" (func $nothing)) (core func $nothing (canon lower (func $nothing)))
      (core module $m (import "" "f" (func $f)) (start $f))
      (core instance (instantiate $m (with "" (instance (export "f" (func $nothing)))))))
    (core module $n (import "" "add" (func $add (param i32))) (func (export "three") (call $add (i32.const 3))))
    (core instance $n (instantiate $n (with "" (instance (export "add" (func $add))))))
    (func $three (canon lift (core func $n "three")))
    (instance (instantiate $Empty (with "nothing" (func $three)))))
  (instance (instantiate $Child (with "add" (func $add))))
  (func (export "n") (result u32) (canon lift (core func $i "n"))))
(assert_return (invoke "n") (u32.const 10))

;; While a parent's realloc runs it may not leave, however deep it is entered; when the call is over, it may.
(component definition $locked
  (core module $Core
    (memory (export "m") 1)
    (table (export "t") 2 funcref)
    (global $bad (export "bad") (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (global.get $bad) (then (drop (call_indirect (param i32) (result i32) (i32.const 0) (i32.const 0)))))
      (i32.const 64))
    ;; Takes a string and calls the child while n is not 0.
    (func (export "f") (param i32 i32 i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)) (local.get 2)))
        (else (local.get 2))))
    (func (export "spoil") (global.set $bad (i32.const 1))))
  (core instance $core (instantiate $Core))
  (func $f (param "n" u32) (param "s" string) (result u32)
    (canon lift (core func $core "f") (memory (core memory $core "m")) (realloc (core func $core "realloc"))))
  (component $Child
    (import "f" (func $f (param "n" u32) (param "s" string) (result u32)))
    (core module $Mem (memory (export "m") 1) (data (i32.const 8) "abc"))
    (core instance $mem (instantiate $Mem))
    (core func $f (canon lower (func $f) (memory (core memory $mem "m"))))
    (core module $m
      (import "" "f" (func $f (param i32 i32 i32) (result i32)))
      (func (export "g") (param i32) (result i32) (call $f (local.get 0) (i32.const 8) (i32.const 3))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $g (canon lower (func $c "g")))
  (core module $Link
    (import "" "t" (table 2 funcref))
    (import "" "g" (func $g (param i32) (result i32)))
    (elem (i32.const 0) func $g))
  (core instance (instantiate $Link (with "" (instance (export "t" (table $core "t")) (export "g" (func $g))))))
  (export "f" (func $f))
  (func (export "spoil") (canon lift (core func $core "spoil"))))
(component instance $l $locked)
(assert_return (invoke "f" (u32.const 3) (str.const "12345")) (u32.const 14))
(assert_return (invoke "f" (u32.const 1) (str.const "12345")) (u32.const 8))
(assert_return (invoke "spoil"))
(assert_trap (invoke "f" (u32.const 1) (str.const "12345")) "cannot leave component instance")

;; A core exception that a re-entered instance throws ends at the crossing, and not in a handler of the same instance
;; further out.
(component
  (core module $Core
    (tag $oops (export "oops"))
    (table (export "t") 1 funcref)
    (func (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (throw $oops)))
      (block $caught
        (try_table (catch_all $caught)
          (return (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
      (i32.const 99)))
  (core instance $core (instantiate $Core))
  (func $f (param "n" u32) (result u32) (canon lift (core func $core "f")))
  (component $Child
    (import "f" (func $f (param "n" u32) (result u32)))
    (core func $f (canon lower (func $f)))
    (core module $m
      (import "" "f" (func $f (param i32) (result i32)))
      (func (export "g") (param i32) (result i32) (call $f (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $f))))))
    (func (export "g") (param "n" u32) (result u32) (canon lift (core func $i "g"))))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $g (canon lower (func $c "g")))
  (core module $Link
    (import "" "t" (table 1 funcref))
    (import "" "g" (func $g (param i32) (result i32)))
    (elem (i32.const 0) func $g))
  (core instance (instantiate $Link (with "" (instance (export "t" (table $core "t")) (export "g" (func $g))))))
  (export "f" (func $f)))
(assert_trap (invoke "f" (u32.const 2)) "uncaught exception propagated")
