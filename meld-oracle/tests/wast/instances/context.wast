;; Context slots (CanonicalABI.md, thread-local storage): zero at each call into an instance and in each
;; realloc; the callee's own in its post-return; the caller's are still there after a call.

(component
  (component $provider
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (memory (export "memory") 1)
      (global $in-realloc (mut i32) (i32.const -1))
      (global $in-post (mut i32) (i32.const -1))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $in-realloc (call $get))
        (call $set (i32.const 77))
        i32.const 16)
      ;; What the slot is at entry; leaves 5 in it.
      (func (export "entry") (param i32 i32) (result i32)
        call $get
        (call $set (i32.const 5)))
      (func (export "post") (param i32) (global.set $in-post (call $get)))
      (func (export "in-realloc") (result i32) global.get $in-realloc)
      (func (export "in-post") (result i32) global.get $in-post))
    (core instance $i (instantiate $m (with "" (instance
      (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "entry") (param "s" string) (result u32)
      (canon lift (core func $i "entry") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))
        (post-return (core func $i "post"))))
    (func (export "in-realloc") (result u32) (canon lift (core func $i "in-realloc")))
    (func (export "in-post") (result u32) (canon lift (core func $i "in-post"))))
  (component $consumer
    (import "entry" (func $entry (param "s" string) (result u32)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $entry (canon lower (func $entry) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "get" (func $get (result i32)))
      (import "" "set" (func $set (param i32)))
      (import "" "entry" (func $entry (param i32 i32) (result i32)))
      (func (export "entry") (result i32) (call $entry (i32.const 0) (i32.const 1)))
      (func (export "kept") (result i32)
        (call $set (i32.const 9))
        (drop (call $entry (i32.const 0) (i32.const 1)))
        call $get)
      (func (export "fresh") (result i32) call $get))
    (core instance $i (instantiate $m (with "" (instance
      (export "get" (func $get)) (export "set" (func $set)) (export "entry" (func $entry))))))
    (func (export "call-entry") (result u32) (canon lift (core func $i "entry")))
    (func (export "kept") (result u32) (canon lift (core func $i "kept")))
    (func (export "fresh") (result u32) (canon lift (core func $i "fresh"))))
  (instance $p (instantiate $provider))
  (instance $c (instantiate $consumer (with "entry" (func $p "entry"))))
  (export "entry" (func $p "entry"))
  (export "in-realloc" (func $p "in-realloc"))
  (export "in-post" (func $p "in-post"))
  (export "call-entry" (func $c "call-entry"))
  (export "kept" (func $c "kept"))
  (export "fresh" (func $c "fresh")))

(assert_return (invoke "call-entry") (u32.const 0))
(assert_return (invoke "in-realloc") (u32.const 0))
(assert_return (invoke "in-post") (u32.const 5))
(assert_return (invoke "call-entry") (u32.const 0))
(assert_return (invoke "kept") (u32.const 9))
(assert_return (invoke "fresh") (u32.const 0))
;; The same from outside.
(assert_return (invoke "entry" (str.const "a")) (u32.const 0))
(assert_return (invoke "in-realloc") (u32.const 0))
(assert_return (invoke "in-post") (u32.const 5))
(assert_return (invoke "entry" (str.const "b")) (u32.const 0))

;; A start function is a call of its own, too: it finds zeros, and leaves none of its numbers to anybody.
(component
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $m
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (global $seen (export "seen") (mut i32) (i32.const -1))
    (func $start
      (global.set $seen (call $get))
      (call $set (i32.const 5)))
    (start $start)
    (func (export "get") (result i32) (call $get)))
  (core instance $i (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (core instance $j (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (core module $k
    (import "i" "seen" (global $i (mut i32)))
    (import "j" "seen" (global $j (mut i32)))
    (func (export "seen") (result i32) (i32.add (i32.mul (global.get $i) (i32.const 10)) (global.get $j))))
  (core instance $k (instantiate $k (with "i" (instance $i)) (with "j" (instance $j))))
  (func (export "seen") (result u32) (canon lift (core func $k "seen")))
  (func (export "get") (result u32) (canon lift (core func $i "get"))))

(assert_return (invoke "seen") (u32.const 0))
(assert_return (invoke "get") (u32.const 0))

;; Guests whose stack pointer is slot 0, as tools make them: a call finds 0 there and gets a stack of its own, and frames are
;; in memory below the pointer. Parent and child call each other; after each call, the frame of the caller is as it was, and
;; so is its pointer. In `realloc`, in a destructor and in post-return, a frame is made as well.
(component definition $stacks
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $Guest
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (import "" "other" (func $other (param i32 i32 i32) (result i32)))
    (memory (export "m") 1)
    (global $stacks (mut i32) (i32.const 4096))
    (global $next (mut i32) (i32.const 32768))
    (global $made (mut i32) (i32.const 0))
    ;; The stack of this call.
    (func $sp (result i32)
      (if (i32.eqz (call $get))
        (then
          (global.set $made (i32.add (global.get $made) (i32.const 1)))
          (global.set $stacks (i32.add (global.get $stacks) (i32.const 64)))
          (call $set (global.get $stacks))))
      (call $get))
    ;; Writes `x` into a frame of 16 bytes and returns where it is.
    (func $push (param $x i32) (result i32)
      (local $frame i32)
      (local.set $frame (i32.sub (call $sp) (i32.const 16)))
      (call $set (local.get $frame))
      (i32.store (local.get $frame) (local.get $x))
      (i32.store offset=12 (local.get $frame) (i32.xor (local.get $x) (i32.const -1)))
      (local.get $frame))
    ;; Takes the frame away, which must be as it was left.
    (func $pop (param $frame i32) (param $x i32)
      (if (i32.ne (call $get) (local.get $frame)) (then unreachable))
      (if (i32.ne (i32.load (local.get $frame)) (local.get $x)) (then unreachable))
      (if (i32.ne (i32.load offset=12 (local.get $frame)) (i32.xor (local.get $x) (i32.const -1))) (then unreachable))
      (call $set (i32.add (local.get $frame) (i32.const 16))))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $frame i32)
      (if (call $get) (then unreachable))
      (local.set $frame (call $push (i32.const 0x5ea110c)))
      (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
      (call $pop (local.get $frame) (i32.const 0x5ea110c))
      (i32.sub (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))
    ;; f(n, s): the length of s, and of what the other side makes of (n - 1, s + 1 byte); twice, one after the other.
    (func (export "f") (param $n i32) (param $s i32) (param $len i32) (result i32)
      (local $frame i32) (local $inner i32) (local $r i32)
      (if (call $get) (then unreachable))
      (local.set $frame (call $push (i32.add (i32.mul (local.get $n) (i32.const 1000)) (local.get $len))))
      (if (local.get $n)
        (then
          (local.set $inner (call $push (local.get $n)))
          (local.set $r (call $other (i32.sub (local.get $n) (i32.const 1)) (local.get $s) (i32.add (local.get $len) (i32.const 1))))
          (call $pop (local.get $inner) (local.get $n))
          (local.set $r (i32.add (local.get $r)
            (call $other (i32.sub (local.get $n) (i32.const 1)) (local.get $s) (i32.add (local.get $len) (i32.const 1)))))))
      (call $pop (local.get $frame) (i32.add (i32.mul (local.get $n) (i32.const 1000)) (local.get $len)))
      ;; What post-return is to find.
      (drop (call $push (i32.add (local.get $r) (local.get $len))))
      (i32.add (local.get $r) (local.get $len)))
    (func (export "post") (param $r i32) (call $pop (call $get) (local.get $r)))
    (func (export "made") (result i32) (global.get $made)))
  (core module $Late
    (table (export "t") 1 funcref)
    (func (export "other") (param i32 i32 i32) (result i32)
      (call_indirect (param i32 i32 i32) (result i32) (local.get 0) (local.get 1) (local.get 2) (i32.const 0))))
  (core instance $late (instantiate $Late))
  (core instance $i (instantiate $Guest (with "" (instance
    (export "get" (func $get)) (export "set" (func $set)) (export "other" (func $late "other"))))))
  (func $f (param "n" u32) (param "s" string) (result u32)
    (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "realloc")) (post-return (core func $i "post"))))
  (component $Child
    (import "f" (func $f (param "n" u32) (param "s" string) (result u32)))
    (core func $get (canon context.get i32 0))
    (core func $set (canon context.set i32 0))
    (core module $Late
      (memory (export "m") 1)
      (table (export "t") 1 funcref)
      (func (export "other") (param i32 i32 i32) (result i32)
        (call_indirect (param i32 i32 i32) (result i32) (local.get 0) (local.get 1) (local.get 2) (i32.const 0))))
    (core instance $late (instantiate $Late))
    (alias outer $stacks $Guest (core module $Guest))
    (core instance $i (instantiate $Guest (with "" (instance
      (export "get" (func $get)) (export "set" (func $set)) (export "other" (func $late "other"))))))
    (core func $f (canon lower (func $f) (memory (core memory $i "m"))))
    (core module $Link
      (import "" "t" (table 1 funcref))
      (import "" "f" (func $f (param i32 i32 i32) (result i32)))
      (elem (i32.const 0) func $f))
    (core instance (instantiate $Link (with "" (instance (export "t" (table $late "t")) (export "f" (func $f))))))
    (func (export "f") (param "n" u32) (param "s" string) (result u32)
      (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "realloc")) (post-return (core func $i "post"))))
    (func (export "made") (result u32) (canon lift (core func $i "made"))))
  (instance $c (instantiate $Child (with "f" (func $f))))
  (core func $cf (canon lower (func $c "f") (memory (core memory $i "m"))))
  (core module $Link
    (import "" "t" (table 1 funcref))
    (import "" "f" (func $f (param i32 i32 i32) (result i32)))
    (elem (i32.const 0) func $f))
  (core instance (instantiate $Link (with "" (instance (export "t" (table $late "t")) (export "f" (func $cf))))))
  (export "f" (func $f))
  (export "child-f" (func $c "f"))
  (func (export "made") (result u32) (canon lift (core func $i "made")))
  (export "child-made" (func $c "made")))
(component instance $s $stacks)
;; A call and a realloc have a stack each.
(assert_return (invoke "f" (u32.const 0) (str.const "abc")) (u32.const 3))
(assert_return (invoke "made") (u32.const 2))
(assert_return (invoke "f" (u32.const 3) (str.const "abc")) (u32.const 79))
(assert_return (invoke "made") (u32.const 12))
(assert_return (invoke "child-made") (u32.const 20))
(assert_return (invoke "child-f" (u32.const 4) (str.const "")) (u32.const 98))
