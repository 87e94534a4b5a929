;; Two components, one of which calls the other; and all that can be asked about them.
;;
;; RUN[text]: fuse % -t
;; RUN[component]: fuse % -t --component
;; RUN[stdin]: fuse - --component | fuse - -t
;; RUN[report]: fuse % -o %tmp/x --report -
;; RUN[verbose]: fuse % -o %tmp/x -v
;; RUN[wit]: fuse % -o %tmp/x --wit -
;; RUN[parse]: inspect % --stage parse
;; RUN[dfg]: inspect % --stage dfg
;; RUN[plan]: inspect %
;; RUN[adapters]: inspect % --stage adapters
;; RUN[merged]: inspect % --stage merged
;; RUN[json]: inspect % --stage plan --json
(component
  (component $provider
    (core module $m
      (func $nobody (unreachable))
      (func (export "double") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
      (func (export "not") (param i32) (result i32) (i32.eqz (local.get 0))))
    (core module $never (func (export "f")))
    (core instance $i (instantiate $m))
    (func $double (param "n" u32) (result u32) (canon lift (core func $i "double")))
    (func $not (param "b" bool) (result bool) (canon lift (core func $i "not")))
    (instance $numbers (export "double" (func $double)) (export "not" (func $not)))
    (export "test:pair/numbers@1.0.0" (instance $numbers)))

  (component $consumer
    (import "test:pair/numbers@1.0.0" (instance $numbers
      (export "double" (func (param "n" u32) (result u32)))
      (export "not" (func (param "b" bool) (result bool)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $double (canon lower (func $numbers "double")))
    (core func $not (canon lower (func $numbers "not")))
    (core module $m
      (import "numbers" "double" (func $double (param i32) (result i32)))
      (import "numbers" "not" (func $not (param i32) (result i32)))
      (func (export "run") (param i32) (result i32)
        (call $double (call $not (local.get 0)))))
    (core instance $imports (export "double" (func $double)) (export "not" (func $not)))
    (core instance $i (instantiate $m (with "numbers" (instance $imports))))
    (func (export "run") (param "b" bool) (result u32) (canon lift (core func $i "run"))))

  (instance $provider (instantiate $provider))
  (instance $consumer (instantiate $consumer
    (with "test:pair/numbers@1.0.0" (instance $provider "test:pair/numbers@1.0.0"))))
  (export "run" (func $consumer "run")))
