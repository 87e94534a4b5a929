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
      (call $convert_latin1
        (i32.add (local.get $src) (local.get $run))
        (i32.add (local.get $src) (local.get $bytes))
        (i32.add (local.get $ptr) (local.get $run)))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 1) (local.get $used)))))
  (local.get $ptr) (local.get $used))

;; Converts Latin-1 in [src, end) to UTF-8 at `to`, where there is room for two bytes per byte; returns the
;; address after it. Runs of ASCII go the fast way, the rest byte by byte.
(func $convert_latin1 (export "convert_latin1") (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $c i32)
  (loop $next
    (if (i32.eq (local.get $src) (local.get $end)) (then (return (local.get $to))))
    (local.set $c (i32.load8_u $src (local.get $src)))
    (if (i32.lt_u (local.get $c) (i32.const 0x80))
      (then
        ;; A run, if it is long enough to be worth the call.
        (block $single
          (br_if $single (i32.lt_u (i32.sub (local.get $end) (local.get $src)) (i32.const 8)))
          (br_if $single
            (i64.ne
              (i64.and (i64.load $src align=1 (local.get $src)) (i64.const 0x8080_8080_8080_8080))
              (i64.const 0)))
          (local.set $run
            (call $copy_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
          (local.set $src (i32.add (local.get $src) (local.get $run)))
          (local.set $to (i32.add (local.get $to) (local.get $run)))
          (br $next))
        (i32.store8 $dst (local.get $to) (local.get $c))
        (local.set $src (i32.add (local.get $src) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.store16 $dst align=1 (local.get $to)
      (i32.or
        (i32.or (i32.const 0x80c0) (i32.shr_u (local.get $c) (i32.const 6)))
        (i32.shl (i32.and (local.get $c) (i32.const 0x3f)) (i32.const 8))))
    (local.set $src (i32.add (local.get $src) (i32.const 1)))
    (local.set $to (i32.add (local.get $to) (i32.const 2)))
    (br $next))
  (unreachable))
