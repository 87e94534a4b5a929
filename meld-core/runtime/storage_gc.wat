;; Words of a runtime module's own in an array of the garbage collector, to which no other code has a reference. The
;; interface is that of `storage_memory.wat`. A place is an index.
(type $words (array (mut i32)))
(global $words (mut (ref $words)) (array.new_default $words (i32.const 64)))
(@define (record4 i) (i32.shl {i} (i32.const 2)))
(@define (record2 i) (i32.shl {i} (i32.const 1)))
(@define (load 0 place) (array.get $words (global.get $words) {place}))
(@define (load n place) (array.get $words (global.get $words) (i32.add {place} (i32.const {n}))))
(@define (store 0 place value) (array.set $words (global.get $words) {place} {value}))
(@define (store n place value) (array.set $words (global.get $words) (i32.add {place} (i32.const {n})) {value}))
(@define (up n place) (i32.add {place} (i32.const {n})))
(@define (down n place) (i32.sub {place} (i32.const {n})))
(@define (short n low high) (i32.lt_u (i32.sub {high} {low}) (i32.const {n})))
(@define first_end (i32.const 64))
(@define end (array.len (global.get $words)))
(@define records2 (i32.shr_u @end (i32.const 1)))
(@define (depth place) (i32.shl (i32.sub @end {place}) (i32.const 2)))
(@define (at_depth depth) (i32.sub @end (i32.shr_u {depth} (i32.const 2))))
(@define (move to from until)
  (array.copy $words $words
    (global.get $words) (local.get {to})
    (global.get $words) (local.get {from}) (i32.sub (local.get {until}) (local.get {from}))))

;; An array of twice the length. Where the collector has no room for it, it traps itself.
(func $enlarge
  (local $length i32) (local $longer (ref $words))
  (local.set $length (array.len (global.get $words)))
  (if (i32.ge_u (local.get $length) (i32.const 0x2000_0000))
    (then (call $trap_full) (unreachable)))
  (local.set $longer (array.new_default $words (i32.shl (local.get $length) (i32.const 1))))
  (array.copy $words $words
    (local.get $longer) (i32.const 0) (global.get $words) (i32.const 0) (local.get $length))
  (global.set $words (local.get $longer)))
