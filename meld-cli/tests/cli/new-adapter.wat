;; A module that calls something older than components, and the adapter that implements it: the file `inputs/old.wat`
;; is called `old`, as the import's module is.
;;
;; RUN[file]: new % --adapt inputs/old.wat -t
;; RUN[named]: new % --adapt old=inputs/old.wat | fuse - -t
;; FAIL[none]: new % -o %tmp/x
;; FAIL[absent]: new % --adapt old=inputs/absent.wat -o %tmp/x
(module
  (import "old" "answer" (func $answer (result i32)))
  (memory (export "memory") 1)
  (func (export "_initialize") (drop (call $answer))))
