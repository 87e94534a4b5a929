;; `may_leave` (CanonicalABI.md, `canon lower`): an instance cannot call out while its realloc or its
;; post-return runs, whoever calls these, and can otherwise.

(component definition $C
  (component $outside
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func (export "f") (canon lift (core func $i "f"))))
  (component $provider
    (import "outside" (func $outside))
    (core func $outside (canon lower (func $outside)))
    (core module $m
      (import "" "outside" (func $outside))
      (memory (export "memory") 1)
      (global $leave-in-realloc (mut i32) (i32.const 0))
      (global $leave-in-post (mut i32) (i32.const 0))
      (func (export "set") (param i32 i32)
        (global.set $leave-in-realloc (local.get 0))
        (global.set $leave-in-post (local.get 1)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (global.get $leave-in-realloc) (then (call $outside)))
        i32.const 1024)
      (func (export "take") (param i32 i32) (result i32) (call $outside) local.get 1)
      (func (export "give") (result i32)
        (call $outside)
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 3))
        i32.const 0)
      (func (export "post") (param i32) (if (global.get $leave-in-post) (then (call $outside)))))
    (core instance $i (instantiate $m (with "" (instance (export "outside" (func $outside))))))
    (func (export "set") (param "realloc" bool) (param "post" bool) (canon lift (core func $i "set")))
    (func (export "take") (param "s" string) (result u32)
      (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (func (export "give") (result (list u8))
      (canon lift (core func $i "give") (memory (core memory $i "memory")) (post-return (core func $i "post")))))
  (component $consumer
    (import "outside" (func $outside))
    (import "take" (func $take (param "s" string) (result u32)))
    (import "give" (func $give (result (list u8))))
    (core func $outside (canon lower (func $outside)))
    (core module $libc
      (import "" "outside" (func $outside))
      (memory (export "memory") 1)
      (global $leave (export "leave") (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (global.get $leave) (then (call $outside)))
        i32.const 1024))
    (core instance $libc (instantiate $libc (with "" (instance (export "outside" (func $outside))))))
    (core func $take (canon lower (func $take) (memory (core memory $libc "memory"))))
    (core func $give (canon lower (func $give) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "" "take" (func $take (param i32 i32) (result i32)))
      (import "" "give" (func $give (param i32)))
      (import "" "outside" (func $outside))
      (import "libc" "memory" (memory 1))
      (import "libc" "leave" (global $leave (mut i32)))
      (func (export "take") (result i32)
        (call $outside)
        (call $take (i32.const 0) (i32.const 5))
        (call $outside))
      (func (export "give") (param i32) (result i32)
        (global.set $leave (local.get 0))
        (call $give (i32.const 32))
        (call $outside)
        (i32.load (i32.const 36))))
    (core instance $i (instantiate $m
      (with "" (instance
        (export "take" (func $take)) (export "give" (func $give)) (export "outside" (func $outside))))
      (with "libc" (instance $libc))))
    (func (export "call-take") (result u32) (canon lift (core func $i "take")))
    (func (export "call-give") (param "leave-in-realloc" bool) (result u32) (canon lift (core func $i "give"))))
  (instance $o (instantiate $outside))
  (instance $p (instantiate $provider (with "outside" (func $o "f"))))
  (instance $c (instantiate $consumer
    (with "outside" (func $o "f")) (with "take" (func $p "take")) (with "give" (func $p "give"))))
  (export "set" (func $p "set"))
  (export "take" (func $p "take"))
  (export "give" (func $p "give"))
  (export "call-take" (func $c "call-take"))
  (export "call-give" (func $c "call-give")))

(component instance $i $C)
(assert_return (invoke "call-take") (u32.const 5))
(assert_return (invoke "call-give" (bool.const false)) (u32.const 3))
(assert_return (invoke "take" (str.const "four")) (u32.const 4))
(assert_return (invoke "give") (list.const (u8.const 0) (u8.const 0) (u8.const 0)))
;; All flags are set again.
(assert_return (invoke "call-take") (u32.const 5))

;; The callee's realloc, for an inner caller and for the host.
(component instance $i $C)
(assert_return (invoke "set" (bool.const true) (bool.const false)))
(assert_trap (invoke "call-take") "cannot leave component instance")
(component instance $i $C)
(assert_return (invoke "set" (bool.const true) (bool.const false)))
(assert_trap (invoke "take" (str.const "x")) "cannot leave component instance")

;; The caller's realloc.
(component instance $i $C)
(assert_trap (invoke "call-give" (bool.const true)) "cannot leave component instance")

;; Post-return, for the host. (For an inner caller wasmtime leaves the flag as it is; the specification
;; does not.)
(component instance $i $C)
(assert_return (invoke "set" (bool.const false) (bool.const true)))
(assert_trap (invoke "give") "cannot leave component instance")
