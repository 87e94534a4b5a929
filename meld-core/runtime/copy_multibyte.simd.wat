;; Copies and validates UTF-8 in blocks of 16 bytes: [src, end) and then `last`, which is only validated.
;; `last` ends in at least one zero, so that a sequence which is cut off is followed by something. What comes
;; before `src` is ASCII, or nothing.
;;
;; The method is that of Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2020).
;; Every way to be malformed but one shows in two neighbouring bytes, and there in three nibbles: both of the
;; first byte and the upper one of the second. A table for each nibble gives, one bit a way, the ways that the
;; nibble allows for; ways that all three allow for have happened:
;;
;;   bit 0  a lead, but no continuation next        C-F .   then 0-7, C-F
;;   bit 1  ASCII, but a continuation next          0-7 .   then 8-B
;;   bit 2  overlong, three bytes                   E 0     then 8, 9
;;   bit 3  surrogate                               E D     then A, B
;;   bit 4  overlong, two bytes                     C 0, C 1  then 8-B
;;   bit 5  above 10FFFF                            F 4-F   then 9-B
;;   bit 6  overlong, four bytes                    F 0     then 8;   and above 10FFFF   F 5-F   then 8
;;   bit 7  a continuation and another              8-B .   then 8-B
;;
;; The way that does not show in two bytes is how many continuations follow each other. Where the second or
;; third byte before has announced one, bit 7 must be set, and elsewhere it must not.
(func $copy_multibyte (export "copy_multibyte") (param $src i32) (param $dst i32) (param $end i32) (param $last v128)
  (local $now v128) (local $before v128) (local $before1 v128) (local $errors v128)
  (block $done
    (loop $next
      (if (i32.lt_u (local.get $src) (local.get $end))
        (then
          (local.set $now (v128.load $src (local.get $src)))
          (v128.store $dst (local.get $dst) (local.get $now)))
        (else (local.set $now (local.get $last))))
      (local.set $before1
        (i8x16.shuffle 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 (local.get $before) (local.get $now)))
      (local.set $errors
        (v128.or
          (local.get $errors)
          (v128.xor
            ;; Bit 7: the byte 2 before is at least E0, or the byte 3 before is at least F0.
            (v128.and
              (v128.or
                (i8x16.sub_sat_u
                  (i8x16.shuffle 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 (local.get $before) (local.get $now))
                  (v128.const i8x16 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60 0x60))
                (i8x16.sub_sat_u
                  (i8x16.shuffle 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 (local.get $before) (local.get $now))
                  (v128.const i8x16 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70 0x70)))
              (v128.const i8x16 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80 0x80))
            (v128.and
              (v128.and
                (i8x16.swizzle
                  (v128.const i8x16 0x02 0x02 0x02 0x02 0x02 0x02 0x02 0x02 0x80 0x80 0x80 0x80 0x11 0x01 0x0d 0x61)
                  (i8x16.shr_u (local.get $before1) (i32.const 4)))
                (i8x16.swizzle
                  (v128.const i8x16 0xd7 0x93 0x83 0x83 0xa3 0xe3 0xe3 0xe3 0xe3 0xe3 0xe3 0xe3 0xe3 0xeb 0xe3 0xe3)
                  (v128.and
                    (local.get $before1)
                    (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15))))
              (i8x16.swizzle
                (v128.const i8x16 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0xd6 0xb6 0xba 0xba 0x01 0x01 0x01 0x01)
                (i8x16.shr_u (local.get $now) (i32.const 4)))))))
      (br_if $done (i32.ge_u (local.get $src) (local.get $end)))
      (local.set $before (local.get $now))
      (local.set $src (i32.add (local.get $src) (i32.const 16)))
      (local.set $dst (i32.add (local.get $dst) (i32.const 16)))
      (br $next)))
  (if (v128.any_true (local.get $errors))
    (then (call $trap_utf8) (unreachable))))
