;; Converts UTF-8 in [src, end) to UTF-16 at `to`, where there is room for a unit per byte; returns the
;; address after it. Runs of ASCII go the fast way, the rest code point by code point.
(func $utf8_to_utf16 (param $src i32) (param $end i32) (param $to i32) (result i32)
  (local $run i32) (local $c i32) (local $len i32)
  (block $done
    (loop $next
      (local.set $run
        (call $widen_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
      (local.set $src (i32.add (local.get $src) (local.get $run)))
      (local.set $to (i32.add (local.get $to) (i32.shl (local.get $run) (i32.const 1))))
      (br_if $done (i32.eq (local.get $src) (local.get $end)))
      (loop $wide
        (local.set $len (call $decode_utf8 (local.get $src) (local.get $end)))
        (local.set $c)
        (local.set $to (call $encode_utf16 (local.get $to) (local.get $c)))
        (local.set $src (i32.add (local.get $src) (local.get $len)))
        (br_if $done (i32.eq (local.get $src) (local.get $end)))
        (br_if $wide (i32.ge_u (local.get $c) (i32.const 0x80))))
      (br $next)))
  (local.get $to))
