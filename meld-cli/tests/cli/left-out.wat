;; What is not in the output, and why: custom sections that nobody can relocate, and the section that tells other tools
;; what the module's world is, which knows one string encoding only.
;;
;; RUN[verbose]: fuse % -o %tmp/x -v
;; RUN[component]: fuse % -o %tmp/x -v --component
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "f") (param i32 i32))
    (@custom ".debug_info" "what stands where")
    (@producers (processed-by "a tool" "1.0")))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "narrow") (param "text" string)
    (canon lift (core func $i "f") (memory $memory) (realloc $realloc)))
  (func (export "wide") (param "text" string)
    (canon lift (core func $i "f") (memory $memory) (realloc $realloc) string-encoding=utf16)))
