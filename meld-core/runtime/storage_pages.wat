;; A memory of its own, which grows by pages of 64 KiB.
(memory $words 1)
(@define first_end (i32.const 0x1_0000))
(@define end (i32.shl (memory.size $words) (i32.const 16)))
(@define records2 (i32.shl (memory.size $words) (i32.const 13)))
