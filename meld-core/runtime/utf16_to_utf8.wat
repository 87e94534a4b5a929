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
      (call $convert_utf16
        (i32.add (local.get $src) (i32.shl (local.get $run) (i32.const 1)))
        (i32.add (local.get $src) (i32.shl (local.get $units) (i32.const 1)))
        (i32.add (local.get $ptr) (local.get $run)))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 1) (local.get $used)))))
  (local.get $ptr) (local.get $used))

;; Converts UTF-16 in [src, end) to UTF-8 at `to`, where there is room for three bytes per unit; returns the
;; address after it. Runs of ASCII go the fast way, the rest unit by unit.
(func $convert_utf16 (export "convert_utf16") (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $unit i32) (local $c i32)
  (loop $next
    (if (i32.eq (local.get $src) (local.get $end)) (then (return (local.get $to))))
    (local.set $unit (i32.load16_u $src (local.get $src)))
    (if (i32.lt_u (local.get $unit) (i32.const 0x80))
      (then
        ;; A run, if it is long enough to be worth the call.
        (block $single
          (br_if $single (i32.lt_u (i32.sub (local.get $end) (local.get $src)) (i32.const 8)))
          (br_if $single
            (i64.ne
              (i64.and (i64.load $src align=2 (local.get $src)) (i64.const 0xff80_ff80_ff80_ff80))
              (i64.const 0)))
          (local.set $run
            (call $narrow
              (local.get $src) (local.get $to)
              (i32.shr_u (i32.sub (local.get $end) (local.get $src)) (i32.const 1))
              (i32.const 0x80)))
          (local.set $src (i32.add (local.get $src) (i32.shl (local.get $run) (i32.const 1))))
          (local.set $to (i32.add (local.get $to) (local.get $run)))
          (br $next))
        (i32.store8 $dst (local.get $to) (local.get $unit))
        (local.set $src (i32.add (local.get $src) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (local.set $src (i32.add (local.get $src) (i32.const 2)))
    (if (i32.lt_u (local.get $unit) (i32.const 0x800))
      (then
        (i32.store16 $dst align=1 (local.get $to)
          (i32.or
            (i32.or (i32.const 0x80c0) (i32.shr_u (local.get $unit) (i32.const 6)))
            (i32.shl (i32.and (local.get $unit) (i32.const 0x3f)) (i32.const 8))))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (br $next)))
    (if (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
      (then
        (i32.store16 $dst align=1 (local.get $to)
          (i32.or
            (i32.or (i32.const 0x80e0) (i32.shr_u (local.get $unit) (i32.const 12)))
            (i32.shl (i32.and (local.get $unit) (i32.const 0xfc0)) (i32.const 2))))
        (i32.store8 $dst offset=2 (local.get $to)
          (i32.or (i32.const 0x80) (i32.and (local.get $unit) (i32.const 0x3f))))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (br $next)))
    ;; A leading surrogate, D800..DBFF, and then a trailing one, DC00..DFFF.
    (if (i32.or
          (i32.and (local.get $unit) (i32.const 0x400))
          (i32.eq (local.get $src) (local.get $end)))
      (then (call $trap_utf16) (unreachable)))
    (local.set $c (i32.load16_u $src (local.get $src)))
    (if (i32.ne (i32.and (local.get $c) (i32.const 0xfc00)) (i32.const 0xdc00))
      (then (call $trap_utf16) (unreachable)))
    (local.set $src (i32.add (local.get $src) (i32.const 2)))
    (local.set $c
      (i32.add
        (i32.const 0x1_0000)
        (i32.or
          (i32.shl (i32.and (local.get $unit) (i32.const 0x3ff)) (i32.const 10))
          (i32.and (local.get $c) (i32.const 0x3ff)))))
    (i32.store $dst align=1 (local.get $to)
      (i32.or
        (i32.or
          (i32.or (i32.const 0x8080_80f0) (i32.shr_u (local.get $c) (i32.const 18)))
          (i32.shr_u (i32.and (local.get $c) (i32.const 0x3_f000)) (i32.const 4)))
        (i32.or
          (i32.shl (i32.and (local.get $c) (i32.const 0xfc0)) (i32.const 10))
          (i32.shl (i32.and (local.get $c) (i32.const 0x3f)) (i32.const 24)))))
    (local.set $to (i32.add (local.get $to) (i32.const 4)))
    (br $next))
  (unreachable))
