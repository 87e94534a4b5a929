;; `store_string_to_latin1_or_utf16` from UTF-8: a byte for each byte of the source, in the hope that all
;; is Latin-1; from the first code point that is not, UTF-16.
(func $from_utf8 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32) (local $to i32) (local $end i32) (local $run i32) (local $c i32) (local $len i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 2) (local.get $bytes)))
  (local.set $to (local.get $ptr))
  (local.set $end (i32.add (local.get $src) (local.get $bytes)))
  (block $done
    (loop $next
      (local.set $run
        (call $copy_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
      (local.set $src (i32.add (local.get $src) (local.get $run)))
      (local.set $to (i32.add (local.get $to) (local.get $run)))
      (loop $beyond_ascii
        (br_if $done (i32.eq (local.get $src) (local.get $end)))
        (local.set $len (call $decode_utf8 (local.get $src) (local.get $end)))
        (local.set $c)
        (if (i32.ge_u (local.get $c) (i32.const 0x100))
          (then
            (return
              (call $from_utf8_beyond_latin1
                (local.get $ptr) (i32.sub (local.get $to) (local.get $ptr))
                (local.get $src) (local.get $end) (local.get $bytes)))))
        (i32.store8 $dst (local.get $to) (local.get $c))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $src (i32.add (local.get $src) (local.get $len)))
        (br_if $beyond_ascii (i32.ge_u (local.get $c) (i32.const 0x80))))
      (br $next)))
  (local.set $run (i32.sub (local.get $to) (local.get $ptr)))
  (if (i32.lt_u (local.get $run) (local.get $bytes))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $bytes) (i32.const 2) (local.get $run)))))
  (local.get $ptr) (local.get $run))

;; The first code point beyond Latin-1 is at `src`, after `done` code points that have been stored as bytes.
(func $from_utf8_beyond_latin1
  (param $ptr i32) (param $done i32) (param $src i32) (param $end i32) (param $bytes i32) (result i32 i32)
  (local $worst i32) (local $used i32)
  (local.set $worst (i32.shl (local.get $bytes) (i32.const 1)))
  (local.set $ptr (call $allocate (local.get $ptr) (local.get $bytes) (i32.const 2) (local.get $worst)))
  (call $inflate (local.get $ptr) (local.get $done))
  (local.set $used
    (i32.sub
      (call $utf8_to_utf16
        (local.get $src) (local.get $end)
        (i32.add (local.get $ptr) (i32.shl (local.get $done) (i32.const 1))))
      (local.get $ptr)))
  (if (i32.lt_u (local.get $used) (local.get $worst))
    (then
      (local.set $ptr (call $allocate (local.get $ptr) (local.get $worst) (i32.const 2) (local.get $used)))))
  (local.get $ptr)
  (i32.or (i32.shr_u (local.get $used) (i32.const 1)) (i32.const 0x8000_0000)))
