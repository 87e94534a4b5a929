;; Records of 32 words. Those of the instances come first, by their numbers; no record is at the first place, which stands for none.
(@define stride 32)
(@define (instance n) (@record4 (i32.shl {n} (i32.const 3))))
(global $next (mut i32) (i32.const 0)) ;; the place behind all records, or 0 before there are any
(global $free (mut i32) (i32.const 0)) ;; the record that was freed last, or 0
(@define freed 3)                      ;; in a free record: the one freed before it
(global $live (mut i32) (i32.const 0)) ;; records in use, but for those of instances

;; An instance (`ComponentInstance`).
(@define lock 0)         ;; `exclusive_thread`: the task that has it, or 0
(@define backpressure 1)
(@define entering 2)     ;; `num_waiting_to_enter`
(@define first 3)        ;; those tasks, oldest first
(@define last 4)

;; Room for the instances.
(func $init
  (if (global.get $next) (then (return)))
  (global.set $next (@instance (i32.add (global.get $instances) (i32.const 1))))
  (block $done
    (loop $more
      (br_if $done (i32.ge_u @end (global.get $next)))
      (call $enlarge)
      (br $more))))

(func $allocate (result i32)
  (local $record i32)
  (call $init)
  (global.set $live (i32.add (global.get $live) (i32.const 1)))
  (if (local.tee $record (global.get $free))
    (then
      (global.set $free (@load @freed (local.get $record)))
      (return (local.get $record))))
  (local.set $record (global.get $next))
  (if (@short 32 (local.get $record) @end)
    (then (call $enlarge)))
  (global.set $next (@up 32 (local.get $record)))
  (local.get $record))

(func $release (param $record i32)
  (global.set $live (i32.sub (global.get $live) (i32.const 1)))
  (@store @freed (local.get $record) (global.get $free))
  (global.set $free (local.get $record)))

;; How many records are in use; for tests.
(func (export "live") (result i32)
  (global.get $live))
