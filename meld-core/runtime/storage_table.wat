;; Words of a runtime module's own in the table of `words.wat`, which all share: a block of slots, which moves when it
;; grows. The interface is that of `storage_memory.wat`. A place is a slot counted from the start of the block, and
;; a word has five.
(import "words" "load" (func $load (param i32) (result i32)))
(import "words" "store" (func $store (param i32 i32)))
(import "words" "copy" (func $copy (param i32 i32 i32)))
(import "words" "grow" (func $grow_block (param i32 i32 i32) (result i32)))
(global $base (mut i32) (i32.const 0)) ;; where the block starts
(global $size (mut i32) (i32.const 0)) ;; its slots
(@define (record4 i) (i32.mul {i} (i32.const 20)))
(@define (record2 i) (i32.mul {i} (i32.const 10)))
(@define (slot 0 place) (i32.add (global.get $base) {place}))
(@define (slot n place) (i32.add (i32.add (global.get $base) {place}) (i32.const {n*5})))
(@define (load n place) (call $load (@slot {n} {place})))
(@define (store n place value) (call $store (@slot {n} {place}) {value}))
(@define (up n place) (i32.add {place} (i32.const {n*5})))
(@define (down n place) (i32.sub {place} (i32.const {n*5})))
;; Signed: record 0 of a module that has no block yet is behind its end.
(@define (short n low high) (i32.lt_s (i32.sub {high} {low}) (i32.const {n*5})))
(@define first_end (i32.const 0))
(@define end (global.get $size))
(@define records2 (i32.div_u (global.get $size) (i32.const 10)))
(@define (depth place) (i32.shl (i32.sub (global.get $size) {place}) (i32.const 2)))
(@define (at_depth depth) (i32.sub (global.get $size) (i32.shr_u {depth} (i32.const 2))))
(@define (move to from until)
  (call $copy
    (@slot 0 (local.get {to})) (@slot 0 (local.get {from})) (i32.sub (local.get {until}) (local.get {from}))))

;; Twice the size, or if that is refused, 64 words more, as at first.
(func $enlarge
  (local $more i32) (local $base i32)
  (local.set $more (select (global.get $size) (i32.const 320) (global.get $size)))
  (if (i32.ge_u (global.get $size) (i32.const 0x1000_0000))
    (then (call $trap_full) (unreachable)))
  (local.set $base (call $grow_block (global.get $base) (global.get $size) (local.get $more)))
  (if (i32.eqz (local.get $base))
    (then
      (local.set $more (i32.const 320))
      (local.set $base (call $grow_block (global.get $base) (global.get $size) (local.get $more)))
      (if (i32.eqz (local.get $base))
        (then (call $trap_full) (unreachable)))))
  (global.set $base (local.get $base))
  (global.set $size (i32.add (global.get $size) (local.get $more))))
