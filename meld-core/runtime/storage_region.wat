;; A region of fixed size in a memory with others, in pages of one byte.
(import "region" "bytes" (global $bytes i32))
(memory $words 1)
(@define first_end (global.get $bytes))
(@define end (memory.size $words))
