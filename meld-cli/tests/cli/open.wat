;; RUN[note]: fuse % inputs/older.wat -o %tmp/x
;; RUN[allowed]: fuse % inputs/older.wat --allow-import a:* -o %tmp/x
;; RUN[one-allowed]: fuse % --allow-import a:b/c@0.2.5 -o %tmp/x
;; RUN[by-hand]: fuse % inputs/older.wat --no-imports --link a:b/c@0.2.5=older#a:b/c@0.2.0 -o %tmp/x
;; FAIL[strict]: fuse % inputs/older.wat --no-imports -o %tmp/x
;; FAIL[strict-alone]: fuse % --no-imports -o %tmp/x
;; FAIL[other-allowed]: fuse % inputs/older.wat --allow-import wasi:* -o %tmp/x

(component
  (import "a:b/c@0.2.5" (instance $n (export "f" (func (result u32)))))
  (alias export $n "f" (func $f))
  (core func $lowered (canon lower (func $f)))
  (core module $m
    (import "" "f" (func $f (result i32)))
    (func (export "g") (result i32) (call $f)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $lowered))))))
  (func (export "g") (result u32) (canon lift (core func $i "g"))))
