;; `store_latin1_to_utf8`: a byte per byte in the hope that all is ASCII; from the first byte that is not,
;; two bytes per byte, shrunk to what was used.
(func $from_latin1 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32) (local $run i32) (local $worst i32) (local $used i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (local.get $bytes)))
  (local.set $run (call $copy_ascii (local.get $src) (local.get $ptr) (local.get $bytes)))
  (if (i32.eq (local.get $run) (local.get $bytes))
    (then (return (local.get $ptr) (local.get $bytes))))
  (local.set $worst (i32.shl (local.get $bytes) (i32.const 1)))
  (local.set $ptr (call $allocate (local.get $ptr) (local.get $bytes) (i32.const 1) (local.get $worst)))
  (local.set $used
    (i32.sub
      (call $latin1_to_utf8
        (i32.add (local.get $src) (local.get $run))
        (i32.add (local.get $src) (local.get $bytes))
        (i32.add (local.get $ptr) (local.get $run)))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 1) (local.get $used)))))
  (local.get $ptr) (local.get $used))

;; Converts Latin-1 in [src, end), which is not empty, to UTF-8 at `to`; returns the address after it.
(func $latin1_to_utf8 (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $c i32)
  (loop $next
    (loop $wide
      (local.set $c (i32.load8_u $src (local.get $src)))
      (local.set $to (call $encode_utf8 (local.get $to) (local.get $c)))
      (local.set $src (i32.add (local.get $src) (i32.const 1)))
      (if (i32.eq (local.get $src) (local.get $end)) (then (return (local.get $to))))
      (br_if $wide (i32.ge_u (local.get $c) (i32.const 0x80))))
    (local.set $run
      (call $copy_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
    (local.set $src (i32.add (local.get $src) (local.get $run)))
    (local.set $to (i32.add (local.get $to) (local.get $run)))
    (br_if $next (i32.lt_u (local.get $src) (local.get $end))))
  (local.get $to))
