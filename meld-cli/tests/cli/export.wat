;; An export of `inputs/provider.wat` that this component uses, and that is an export of the result all the same.
;;
;; RUN[dropped]: fuse % inputs/provider.wat --link wide=provider#other -o - -t
;; RUN[kept]: fuse % inputs/provider.wat --link wide=provider#other --export other -o - -t
;; FAIL[unknown]: fuse % inputs/provider.wat --link wide=provider#other --export absent -o %tmp/x
(component
  (import "wide" (func $wide (result u32)))
  (core func $wide (canon lower (func $wide)))
  (core module $m
    (import "" "wide" (func $wide (result i32)))
    (func (export "run") (result i32) (i32.add (call $wide) (i32.const 1))))
  (core instance $imports (export "wide" (func $wide)))
  (core instance $i (instantiate $m (with "" (instance $imports))))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))
