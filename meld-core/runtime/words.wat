;; Words in a table of functions, for engines that have one memory and no garbage collector: WebAssembly 2.0 has no
;; other storage that grows and that a guest cannot reach. A slot holds a *digit*, a function that returns it, and is
;; read by a call; slots 0 to 255 hold each digit once, to be copied from there. A word has five slots, and the first
;; has the word itself, or 255 where it is that or more and is in the four behind it, the lowest byte first.
;;
;; Blocks of slots lie one behind the other. The last one grows where it is. Another one moves to the end; its slots
;; before are never used again, and since a block doubles, they are fewer than those it has now.
@digits

(type $digit (func (result i32)))
(table $words 256 funcref)
(elem (table $words) (i32.const 0) func @digit_indices)

(func (export "load") (param $at i32) (result i32)
  (local $word i32)
  (local.set $word (call_indirect $words (type $digit) (local.get $at)))
  (if (i32.ne (local.get $word) (i32.const 255))
    (then (return (local.get $word))))
  (i32.or
    (i32.or
      (call_indirect $words (type $digit) (i32.add (local.get $at) (i32.const 1)))
      (i32.shl
        (call_indirect $words (type $digit) (i32.add (local.get $at) (i32.const 2)))
        (i32.const 8)))
    (i32.or
      (i32.shl
        (call_indirect $words (type $digit) (i32.add (local.get $at) (i32.const 3)))
        (i32.const 16))
      (i32.shl
        (call_indirect $words (type $digit) (i32.add (local.get $at) (i32.const 4)))
        (i32.const 24)))))

(func (export "store") (param $at i32) (param $word i32)
  (if (i32.lt_u (local.get $word) (i32.const 255))
    (then
      (table.set $words (local.get $at) (table.get $words (local.get $word)))
      (return)))
  (table.set $words (local.get $at) (table.get $words (i32.const 255)))
  (table.set $words
    (i32.add (local.get $at) (i32.const 1))
    (table.get $words (i32.and (local.get $word) (i32.const 255))))
  (table.set $words
    (i32.add (local.get $at) (i32.const 2))
    (table.get $words (i32.and (i32.shr_u (local.get $word) (i32.const 8)) (i32.const 255))))
  (table.set $words
    (i32.add (local.get $at) (i32.const 3))
    (table.get $words (i32.and (i32.shr_u (local.get $word) (i32.const 16)) (i32.const 255))))
  (table.set $words
    (i32.add (local.get $at) (i32.const 4))
    (table.get $words (i32.shr_u (local.get $word) (i32.const 24)))))

(func (export "copy") (param $to i32) (param $from i32) (param $slots i32)
  (table.copy $words $words (local.get $to) (local.get $from) (local.get $slots)))

;; Makes a block larger by slots that are 0. Returns where it starts now, or 0 if the table has no room.
(func (export "grow") (param $base i32) (param $size i32) (param $more i32) (result i32)
  (local $end i32)
  (local.set $end (table.size $words))
  (if (i32.eq (i32.add (local.get $base) (local.get $size)) (local.get $end))
    (then
      (return
        (select
          (i32.const 0)
          (local.get $base)
          (i32.eq
            (table.grow $words (table.get $words (i32.const 0)) (local.get $more))
            (i32.const -1))))))
  (if (i32.eq
        (table.grow $words (table.get $words (i32.const 0)) (i32.add (local.get $size) (local.get $more)))
        (i32.const -1))
    (then (return (i32.const 0))))
  (table.copy $words $words (local.get $end) (local.get $base) (local.get $size))
  (local.get $end))
