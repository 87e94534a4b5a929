;; What the host reads of an instance's value in place of the guest's own memory: copies of whatever in it holds pointers or handles,
;; with the host's numbers in them. It is in the one memory, where the host reads it by its address.
;;
;; Copies are of use from when an instance's value is on its way out until the host has lifted it, and nothing but a `realloc` runs in
;; between, which cannot call out. So there is one outbox for all instances, and each value that goes out begins it anew.
(import "trap" "outbox-full" (func $trap_full))
(import "region" "bytes" (global $bytes i32)) ;; a multiple of 8
(memory $outbox 1)
(global $end (mut i32) (i32.const 0)) ;; where free room begins, a multiple of 8

(func (export "begin")
  (global.set $end (i32.const 0)))

;; Room for so many bytes, at a multiple of 8.
(func (export "take") (param $bytes i32) (result i32)
  (local $start i32)
  (if (i32.gt_u (local.get $bytes) (i32.sub (global.get $bytes) (local.tee $start (global.get $end))))
    (then (call $trap_full) (unreachable)))
  ;; At most the end of the region, which is a multiple of 8 itself.
  (global.set $end
    (i32.and (i32.add (i32.add (local.get $start) (local.get $bytes)) (i32.const 7)) (i32.const -8)))
  (local.get $start))
