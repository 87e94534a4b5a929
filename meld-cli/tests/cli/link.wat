;; Links to `inputs/provider.wat`: by version, by hand, and what goes wrong.
;;
;; RUN[linked]: fuse % inputs/provider.wat --link wide=provider#other -t
;; FAIL[mismatch]: fuse % inputs/provider.wat -o %tmp/x
;; FAIL[no-such-input]: fuse % inputs/provider.wat --link wide=nobody -o %tmp/x
;; FAIL[no-such-export]: fuse % inputs/provider.wat --link wide=provider#absent -o %tmp/x
;; FAIL[no-such-import]: fuse % inputs/provider.wat --link absent=provider#other -o %tmp/x
(component
  (import "test:link/number@1.0.0" (instance $number (export "get" (func (result u32)))))
  (import "wide" (func $wide (result u32)))
  (core func $get (canon lower (func $number "get")))
  (core func $wide (canon lower (func $wide)))
  (core module $m
    (import "" "get" (func $get (result i32)))
    (import "" "wide" (func $wide (result i32)))
    (func (export "run") (result i32) (i32.add (call $get) (call $wide))))
  (core instance $imports (export "get" (func $get)) (export "wide" (func $wide)))
  (core instance $i (instantiate $m (with "" (instance $imports))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
