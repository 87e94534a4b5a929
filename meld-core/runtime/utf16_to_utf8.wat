;; `store_utf16_to_utf8`: a byte per unit in the hope that all is ASCII; from the first unit that is not,
;; three bytes per unit, shrunk to what was used. A pair of units takes four bytes, fewer than two times three.
(func $from_utf16 (param $src i32) (param $units i32) (result i32 i32)
  (local $ptr i32) (local $run i32) (local $worst i32) (local $used i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (local.get $units)))
  (local.set $run (call $narrow (local.get $src) (local.get $ptr) (local.get $units) (i32.const 0x80)))
  (if (i32.eq (local.get $run) (local.get $units))
    (then (return (local.get $ptr) (local.get $units))))
  (local.set $worst (i32.mul (local.get $units) (i32.const 3)))
  (local.set $ptr (call $allocate (local.get $ptr) (local.get $units) (i32.const 1) (local.get $worst)))
  (local.set $used
    (i32.sub
      (call $utf16_to_utf8
        (i32.add (local.get $src) (i32.shl (local.get $run) (i32.const 1)))
        (i32.add (local.get $src) (i32.shl (local.get $units) (i32.const 1)))
        (i32.add (local.get $ptr) (local.get $run)))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 1) (local.get $used)))))
  (local.get $ptr) (local.get $used))

;; Converts UTF-16 in [src, end), which is not empty, to UTF-8 at `to`; returns the address after it.
(func $utf16_to_utf8 (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $c i32) (local $len i32)
  (loop $next
    (loop $wide
      (local.set $len (call $decode_utf16 (local.get $src) (local.get $end)))
      (local.set $c)
      (local.set $to (call $encode_utf8 (local.get $to) (local.get $c)))
      (local.set $src (i32.add (local.get $src) (local.get $len)))
      (if (i32.eq (local.get $src) (local.get $end)) (then (return (local.get $to))))
      (br_if $wide (i32.ge_u (local.get $c) (i32.const 0x80))))
    (local.set $run
      (call $narrow
        (local.get $src) (local.get $to)
        (i32.shr_u (i32.sub (local.get $end) (local.get $src)) (i32.const 1))
        (i32.const 0x80)))
    (local.set $src (i32.add (local.get $src) (i32.shl (local.get $run) (i32.const 1))))
    (local.set $to (i32.add (local.get $to) (local.get $run)))
    (br_if $next (i32.lt_u (local.get $src) (local.get $end))))
  (local.get $to))
