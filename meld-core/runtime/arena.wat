;; An arena of a fixed size, for `(old, old_bytes, align, new_bytes) -> new` with the contract of `realloc` of
;; `CanonicalABI.md`: no old block where `old_bytes` is 0; no new one where `new_bytes` is 0, and then the result is
;; `align`; contents are kept as far as both blocks go. It traps when it is full, and never grows.
;;
;; The caller says how large a block is that it gives back, so blocks have no headers. What is free is a list of
;; blocks by address, no two of which touch: first fit, first come. A free block is at least 8 bytes and has
;;    0  bytes  in all
;;    4  next   address of the next free block, or -1
;; Sizes are rounded up to multiples of 8, and so are all addresses; the size of the arena is one. Callers may count from
;; another start: an address plus `bias`, a multiple of 8, is theirs, and is what is aligned.
(import "trap" "arena-full" (func $trap_full))
(import "trap" "pointer-out-of-bounds" (func $trap_bounds))
(import "trap" "realloc-unaligned" (func $trap_unaligned))
(import "region" "bytes" (global $bytes i32))
(memory $arena (export "memory") 1)
(global $ready (mut i32) (i32.const 0))
(global $free (mut i32) (i32.const -1)) ;; the first free block, or -1
(global $prev (mut i32) (i32.const -1)) ;; where `find` stopped
(global $next (mut i32) (i32.const -1))

(func (export "realloc") (param $old i32) (param $old_bytes i32) (param $align i32) (param $new_bytes i32)
  (param $bias i32) (result i32)
  (local $new i32) (local $rest i32)
  (if (i32.ne (i32.popcnt (local.get $align)) (i32.const 1))
    (then (call $trap_unaligned) (unreachable)))
  (if (i32.eqz (global.get $ready))
    (then
      (global.set $ready (i32.const 1))
      (call $set (i32.const 0) (global.get $bytes) (i32.const -1))
      (global.set $free (i32.const 0))))
  (if (i32.gt_u (local.get $new_bytes) (global.get $bytes))
    (then (call $trap_full) (unreachable)))
  (if (i32.eqz (local.get $old_bytes))
    (then
      (if (i32.eqz (local.get $new_bytes)) (then (return (local.get $align))))
      (return (call $allocate (local.get $align) (call $round (local.get $new_bytes)) (local.get $bias)))))
  (if (i32.gt_u (local.get $old_bytes) (global.get $bytes))
    (then (call $trap_bounds) (unreachable)))
  (local.set $old_bytes (call $round (local.get $old_bytes)))
  (if (i32.eqz (local.get $new_bytes))
    (then
      (call $release (local.get $old) (local.get $old_bytes))
      (return (local.get $align))))
  (local.set $new_bytes (call $round (local.get $new_bytes)))
  (call $find (local.get $old) (local.get $old_bytes))
  (if (i32.eqz (i32.and (i32.add (local.get $old) (local.get $bias)) (i32.sub (local.get $align) (i32.const 1))))
    (then
      (local.set $rest (i32.sub (local.get $old_bytes) (local.get $new_bytes)))
      (if (i32.ge_s (local.get $rest) (i32.const 0))
        (then
          (if (local.get $rest)
            (then (call $release (i32.add (local.get $old) (local.get $new_bytes)) (local.get $rest))))
          (return (local.get $old))))
      ;; What is free behind it may be enough.
      (if (i32.eq (global.get $next) (i32.add (local.get $old) (local.get $old_bytes)))
        (then
          (local.set $rest (i32.add (i32.load $arena (global.get $next)) (local.get $rest)))
          (if (i32.ge_s (local.get $rest) (i32.const 0))
            (then
              (call $link (i32.add (local.get $old) (local.get $new_bytes)) (local.get $rest)
                (i32.load $arena offset=4 (global.get $next)))
              (return (local.get $old))))))))
  (local.set $new (call $allocate (local.get $align) (local.get $new_bytes) (local.get $bias)))
  (memory.copy $arena $arena (local.get $new) (local.get $old)
    (select (local.get $old_bytes) (local.get $new_bytes) (i32.lt_u (local.get $old_bytes) (local.get $new_bytes))))
  (call $release (local.get $old) (local.get $old_bytes))
  (local.get $new))

(func $round (param $bytes i32) (result i32)
  (i32.and (i32.add (local.get $bytes) (i32.const 7)) (i32.const -8)))

(func $set (param $block i32) (param $bytes i32) (param $next i32)
  (if (local.get $bytes)
    (then
      (i32.store $arena (local.get $block) (local.get $bytes))
      (i32.store $arena offset=4 (local.get $block) (local.get $next)))))

;; Lets what follows `$prev` be a free block, if it has any bytes, and then `$next`.
(func $link (param $block i32) (param $bytes i32) (param $next i32)
  (local $first i32)
  (call $set (local.get $block) (local.get $bytes) (local.get $next))
  (local.set $first (select (local.get $block) (local.get $next) (local.get $bytes)))
  (if (i32.eq (global.get $prev) (i32.const -1))
    (then (global.set $free (local.get $first)))
    (else (i32.store $arena offset=4 (global.get $prev) (local.get $first)))))

;; The first fit.
(func $allocate (param $align i32) (param $bytes i32) (param $bias i32) (result i32)
  (local $block i32) (local $gap i32) (local $rest i32) (local $next i32)
  (if (i32.lt_u (local.get $align) (i32.const 8)) (then (local.set $align (i32.const 8))))
  (global.set $prev (i32.const -1))
  (local.set $block (global.get $free))
  (loop $more
    (if (i32.eq (local.get $block) (i32.const -1)) (then (call $trap_full) (unreachable)))
    ;; How far it is to an aligned address.
    (local.set $gap
      (i32.and
        (i32.sub (i32.const 0) (i32.add (local.get $block) (local.get $bias)))
        (i32.sub (local.get $align) (i32.const 1))))
    (local.set $rest (i32.sub (i32.load $arena (local.get $block)) (local.get $bytes)))
    (if (i32.or (i32.lt_s (local.get $rest) (i32.const 0)) (i32.lt_u (local.get $rest) (local.get $gap)))
      (then
        (global.set $prev (local.get $block))
        (local.set $block (i32.load $arena offset=4 (local.get $block)))
        (br $more))))
  (local.set $next (i32.load $arena offset=4 (local.get $block)))
  (local.set $rest (i32.sub (local.get $rest) (local.get $gap)))
  (if (local.get $gap)
    (then
      (i32.store $arena (local.get $block) (local.get $gap))
      (global.set $prev (local.get $block))
      (local.set $block (i32.add (local.get $block) (local.get $gap)))))
  (call $link (i32.add (local.get $block) (local.get $bytes)) (local.get $rest) (local.get $next))
  (local.get $block))

;; The free blocks before and behind a block that is not free. Traps if it is not one.
(func $find (param $block i32) (param $bytes i32)
  (global.set $prev (i32.const -1))
  (global.set $next (global.get $free))
  (loop $more
    (if (i32.lt_u (global.get $next) (local.get $block))
      (then
        (global.set $prev (global.get $next))
        (global.set $next (i32.load $arena offset=4 (global.get $next)))
        (br $more))))
  (if (i32.or
        (i32.or
          (i32.and (local.get $block) (i32.const 7))
          (i32.gt_u (local.get $block) (i32.sub (global.get $bytes) (local.get $bytes))))
        (i32.lt_u (i32.sub (global.get $next) (local.get $block)) (local.get $bytes)))
    (then (call $trap_bounds) (unreachable)))
  (if (i32.ne (global.get $prev) (i32.const -1))
    (then
      (if (i32.lt_u (i32.sub (local.get $block) (global.get $prev)) (i32.load $arena (global.get $prev)))
        (then (call $trap_bounds) (unreachable))))))

;; Gives a block back, and makes one of it and of those that it touches.
(func $release (param $block i32) (param $bytes i32)
  (local $next i32)
  (call $find (local.get $block) (local.get $bytes))
  (local.set $next (global.get $next))
  (if (i32.eq (i32.add (local.get $block) (local.get $bytes)) (local.get $next))
    (then
      (local.set $bytes (i32.add (local.get $bytes) (i32.load $arena (local.get $next))))
      (local.set $next (i32.load $arena offset=4 (local.get $next)))))
  (if (i32.ne (global.get $prev) (i32.const -1))
    (then
      (if (i32.eq (i32.add (global.get $prev) (i32.load $arena (global.get $prev))) (local.get $block))
        (then
          (call $set (global.get $prev) (i32.add (local.get $bytes) (i32.load $arena (global.get $prev)))
            (local.get $next))
          (return)))))
  (call $link (local.get $block) (local.get $bytes) (local.get $next)))
