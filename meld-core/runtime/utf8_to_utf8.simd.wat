;; `store_string_copy` from UTF-8 to UTF-8. Validated and copied in one pass: nobody can tell whether the
;; trap for malformed contents comes before or after the allocation.
(func $from_utf8 (param $src i32) (param $bytes i32) (result i32 i32)
  (local $ptr i32) (local $to i32) (local $end i32) (local $run i32) (local $c i32) (local $len i32)
  (local.set $ptr (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (local.get $bytes)))
  (local.set $to (local.get $ptr))
  (local.set $end (i32.add (local.get $src) (local.get $bytes)))
  (block $done
    (loop $next
      (local.set $run
        (call $copy_ascii (local.get $src) (local.get $to) (i32.sub (local.get $end) (local.get $src))))
      (local.set $src (i32.add (local.get $src) (local.get $run)))
      (local.set $to (i32.add (local.get $to) (local.get $run)))
      (br_if $done (i32.eq (local.get $src) (local.get $end)))
      (loop $wide
        (local.set $len (call $decode_utf8 (local.get $src) (local.get $end)))
        (local.set $c)
        (local.set $to (call $encode_utf8 (local.get $to) (local.get $c)))
        (local.set $src (i32.add (local.get $src) (local.get $len)))
        (br_if $done (i32.eq (local.get $src) (local.get $end)))
        (br_if $wide (i32.ge_u (local.get $c) (i32.const 0x80))))
      (br $next)))
  (local.get $ptr) (local.get $bytes))
