;; Canonical options: equal ones are one set; the width of addresses comes from the memory.
(component
  (import "log" (func $log (param "s" string)))
  (core module $libc
    (memory (export "mem32") 1)
    (memory (export "mem64") i64 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "realloc64") (param i64 i64 i64 i64) (result i64) unreachable)
    (func (export "get") (result i32) unreachable)
    (func (export "get-async") (result i32) unreachable)
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
    (func (export "free") (param i32)))
  (core instance $i (instantiate $libc))
  (alias core export $i "mem32" (core memory $mem))
  (alias core export $i "mem32" (core memory $same))
  (core func $log1 (canon lower (func $log) (memory $mem)))
  (core func $log2 (canon lower (func $log) (memory $same) string-encoding=utf8))
  (core func $log3 (canon lower (func $log) (memory $mem) string-encoding=utf16))
  (core func $log4 (canon lower (func $log) (memory $mem) string-encoding=latin1+utf16))
  (core func $log5 (canon lower (func $log) (memory (core memory $i "mem64"))))
  (func (export "get") (result string)
    (canon lift (core func $i "get") (memory $mem) (realloc (core func $i "realloc")) (post-return (core func $i "free"))))
  (func (export "get-async") async
    (canon lift (core func $i "get-async") async (callback (core func $i "callback")))))
