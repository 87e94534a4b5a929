;; Reads the code point at `p` < `end` of a UTF-8 string. Strict: traps on anything that is not in table
;; 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences".
(func $decode_utf8 (param $p i32) (param $end i32) (result (;code point;) i32 (;bytes;) i32)
  (local $lead i32) (local $c i32)
  (local.set $lead (i32.load8_u $src (local.get $p)))
  (if (i32.lt_u (local.get $lead) (i32.const 0x80))
    (then (return (local.get $lead) (i32.const 1))))

  ;; C2..DF: C0 and C1 would be overlong, 80..BF cannot lead.
  (if (i32.lt_u (local.get $lead) (i32.const 0xe0))
    (then
      (if (i32.lt_u (local.get $lead) (i32.const 0xc2))
        (then (call $trap_utf8) (unreachable)))
      (return
        (i32.or
          (i32.shl (i32.and (local.get $lead) (i32.const 0x1f)) (i32.const 6))
          (call $continuation (i32.add (local.get $p) (i32.const 1)) (local.get $end)))
        (i32.const 2))))

  ;; E0..EF, and F0..F7 with one byte more. The lead's extra bit is masked below.
  (local.set $c
    (i32.or
      (i32.shl (call $continuation (i32.add (local.get $p) (i32.const 1)) (local.get $end)) (i32.const 6))
      (call $continuation (i32.add (local.get $p) (i32.const 2)) (local.get $end))))
  (if (i32.lt_u (local.get $lead) (i32.const 0xf0))
    (then
      (local.set $c (i32.or (i32.shl (i32.and (local.get $lead) (i32.const 0x0f)) (i32.const 12)) (local.get $c)))
      (if (i32.or
            (i32.lt_u (local.get $c) (i32.const 0x800)) ;; overlong
            (i32.eq (i32.and (local.get $c) (i32.const 0xf800)) (i32.const 0xd800))) ;; surrogate
        (then (call $trap_utf8) (unreachable)))
      (return (local.get $c) (i32.const 3))))
  (local.set $c
    (i32.or
      (i32.shl (i32.and (local.get $lead) (i32.const 0x0f)) (i32.const 18))
      (i32.or
        (i32.shl (local.get $c) (i32.const 6))
        (call $continuation (i32.add (local.get $p) (i32.const 3)) (local.get $end)))))
  ;; 10000..10FFFF: overlong below. F5 and up give 140000 and up: bit 3 of the lead is kept, so F8..FF
  ;; count as larger still.
  (if (i32.ge_u (i32.sub (local.get $c) (i32.const 0x1_0000)) (i32.const 0x10_0000))
    (then (call $trap_utf8) (unreachable)))
  (local.get $c) (i32.const 4))

;; The six bits of the continuation byte at `p`; traps where there is none.
(func $continuation (param $p i32) (param $end i32) (result i32)
  (local $bits i32)
  (if (i32.ge_u (local.get $p) (local.get $end))
    (then (call $trap_utf8) (unreachable)))
  (if (i32.ge_u
        (local.tee $bits (i32.xor (i32.load8_u $src (local.get $p)) (i32.const 0x80)))
        (i32.const 0x40))
    (then (call $trap_utf8) (unreachable)))
  (local.get $bits))
