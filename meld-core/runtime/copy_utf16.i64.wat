;; Copies a UTF-16 string of `bytes` bytes, and traps where it is malformed. Returns the bitwise or of its
;; units, whose high half tells whether all of them are Latin-1.
(func $copy_utf16 (param $src i32) (param $dst i32) (param $bytes i32) (result i32)
  (local $end i32) (local $unit i32) (local $seen i32)
  (local.set $end (i32.add (local.get $src) (local.get $bytes)))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $src) (local.get $end)))
      (local.set $seen
        (i32.or (local.get $seen) (local.tee $unit (i32.load16_u $src (local.get $src)))))
      (if (i32.eq (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
        (then
          ;; A pair, or a trap.
          (drop (call $decode_utf16 (local.get $src) (local.get $end)))
          (drop)
          (i32.store $dst align=2 (local.get $dst) (i32.load $src align=2 (local.get $src)))
          (local.set $src (i32.add (local.get $src) (i32.const 4)))
          (local.set $dst (i32.add (local.get $dst) (i32.const 4)))
          (br $next)))
      (i32.store16 $dst (local.get $dst) (local.get $unit))
      (local.set $src (i32.add (local.get $src) (i32.const 2)))
      (local.set $dst (i32.add (local.get $dst) (i32.const 2)))
      (br $next)))
  (local.get $seen))
