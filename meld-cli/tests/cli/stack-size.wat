;; Two guests whose linkers made large stacks: the note says with which flag the one memory is smaller, and by how much.
;;
;; RUN[own]: fuse % -o %tmp/x --memory shared --pack=assume-heap-base --map
;; RUN[shared]: fuse % -o %tmp/x --memory shared --share-stack --pack=assume-heap-base --page-size 1 --map
(component
  (component $a
    (core module $m
      (memory 17)
      (global $__stack_pointer (mut i32) (i32.const 1048576))
      (global (export "__heap_base") i32 (i32.const 1048640))
      (data (i32.const 1048576) "data")
      (func (export "f") (param $n i32) (result i32) (local $fp i32)
        (global.set $__stack_pointer (local.tee $fp (i32.sub (global.get $__stack_pointer) (i32.const 16))))
        (i32.store (local.get $fp) (local.get $n))
        (local.set $n (i32.load (local.get $fp)))
        (global.set $__stack_pointer (i32.add (local.get $fp) (i32.const 16)))
        (i32.add (local.get $n) (i32.load (i32.const 1048576)))))
    (core instance $m (instantiate $m))
    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $one (instantiate $a))
  (instance $two (instantiate $a))
  (export "one" (func $one "f"))
  (export "two" (func $two "f")))
