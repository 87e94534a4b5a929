;; What is in the words of the table: records of four, one for each entry. That of entry 0, which is reserved, is never
;; used.
(@define tag 0)   ;; the resource type, not 0; or 0 where the entry is free
(@define rep 1)   ;; the representation, or a handle of the host, if the entry is for one; in a free entry, the index
                  ;; of the entry freed before it, or 0
(@define lends 2) ;; how often it is lent; 0 in a free entry
(@define state 3) ;; bit 0: borrow rather than own; bit 1: a borrow that owns its handle of the host;
                  ;; the rest: the scope of a borrow, a multiple of 4. 0 in a free entry
(@define (entry i) (@record4 {i}))

;; A stack grows down from the end. Calls are synchronous and hence nested, and so are frames: for a callee, its scope
;; (one word, the count of its live borrows); for a caller, indices of entries it has lent. A position in the stack is
;; the depth from the end, so that it outlives the move when there are more words.
(global $len (mut i32) (i32.const 1))    ;; entries ever used, with entry 0
(global $free (mut i32) (i32.const 0))   ;; the entry freed last, or 0
(global $sp (mut i32) @first_end) ;; the place of the word pushed last
