;; Words of a runtime module's own, which no guest can reach: here, in a memory. This is what every storage defines
;; (docs/adr/0038-private-storage.md); a *place* is a number that says where a word is, and what is between two places is words.
;;
;;   (@record4 i) (@record2 i)   the place of record `i` of so many words, from the first place on
;;   (@load n place)             the word that is `n`, a number, behind a place
;;   (@store n place value)
;;   (@up n place) (@down n place)
;;   (@short n low high)         whether fewer than `n` words are from one place to another
;;   @end @first_end             the place behind the last word: now, and as a constant expression before any growth
;;   @records2                   how many records of two words there are; not in a region
;;   (@depth place)              how far a place is from the end, a multiple of 4 that outlives growth,
;;   (@at_depth depth)           and the place that it means
;;   (@move to from until)       copies what is between two places, which are locals, to a third one
;;   (call $enlarge)             adds words at the end, or traps. Places stay what they are; the words are 0
;;
;; The words are 0 at first. Records begin at the first place, and a module may have a stack that begins at the end.
(@define (record4 i) (i32.shl {i} (i32.const 4)))
(@define (record2 i) (i32.shl {i} (i32.const 3)))
(@define (load n place) (i32.load $words offset={n*4} {place}))
(@define (store n place value) (i32.store $words offset={n*4} {place} {value}))
(@define (up n place) (i32.add {place} (i32.const {n*4})))
(@define (down n place) (i32.sub {place} (i32.const {n*4})))
(@define (short n low high) (i32.lt_u (i32.sub {high} {low}) (i32.const {n*4})))
(@define (depth place) (i32.sub @end {place}))
(@define (at_depth depth) (i32.sub @end {depth}))
(@define (move to from until)
  (memory.copy $words $words (local.get {to}) (local.get {from}) (i32.sub (local.get {until}) (local.get {from}))))

;; Twice the size, or if that is refused, a page more. A region never grows. The end of a memory of 4 GiB is 0 modulo
;; 2^32, and so may be a place; differences of places are right all the same.
(func $enlarge
  (if (i32.eq (memory.grow $words (memory.size $words)) (i32.const -1))
    (then
      (if (i32.eq (memory.grow $words (i32.const 1)) (i32.const -1))
        (then (call $trap_full) (unreachable))))))
