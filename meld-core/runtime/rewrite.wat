;; Words of a guest's memory that hold other numbers for a while: its handles, while the outer world reads them
;; and must find its own. `push` notes a word and its other value; `apply` puts these in place, all at once, so
;; that two values which share memory are both read as the guest wrote them; `restore` brings back what was
;; there. A mark is a position in the notes, so that whoever comes later can be done earlier.
;;
;; Note `i`, from 0, is at 8 * i in a memory that no guest can reach:
;;    0  address  of the word in the guest's memory
;;    4  value    to be put there, and when it is there, what was there before
(import "guest" "memory" (memory $guest 0))
(import "trap" "notes-full" (func $trap_full))
(memory $notes 1)
(global $len (mut i32) (i32.const 0)) ;; notes

(func (export "mark") (result i32)
  (global.get $len))

(func (export "push") (param $address i32) (param $value i32)
  (local $note i32)
  (if (i32.eq (global.get $len) (i32.shl (memory.size $notes) (i32.const 13)))
    (then (call $grow)))
  (local.set $note (i32.shl (global.get $len) (i32.const 3)))
  (i32.store $notes (local.get $note) (local.get $address))
  (i32.store $notes offset=4 (local.get $note) (local.get $value))
  (global.set $len (i32.add (global.get $len) (i32.const 1))))

;; Twice the size, or if that is refused, a page more.
(func $grow
  (if (i32.eq (memory.grow $notes (memory.size $notes)) (i32.const -1))
    (then
      (if (i32.eq (memory.grow $notes (i32.const 1)) (i32.const -1))
        (then (call $trap_full) (unreachable))))))

;; Puts the values in place, oldest first. The addresses were checked when they were found.
(func (export "apply") (param $mark i32)
  (local $note i32) (local $address i32) (local $old i32)
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $mark) (global.get $len)))
      (local.set $note (i32.shl (local.get $mark) (i32.const 3)))
      (local.set $address (i32.load $notes (local.get $note)))
      (local.set $old (i32.load $guest (local.get $address)))
      (i32.store $guest (local.get $address) (i32.load $notes offset=4 (local.get $note)))
      (i32.store $notes offset=4 (local.get $note) (local.get $old))
      (local.set $mark (i32.add (local.get $mark) (i32.const 1)))
      (br $next))))

;; Brings back what was there, newest first, so that of a word noted twice the older value wins. The `bytes`
;; from `kept` on are left alone: they have been written anew since. Where everything has come back already, nothing is left to do.
(func (export "restore") (param $mark i32) (param $kept i32) (param $bytes i32)
  (local $note i32) (local $address i32) (local $old i32) (local $byte i32)
  (block $done
    (loop $next
      (br_if $done (i32.le_u (global.get $len) (local.get $mark)))
      (global.set $len (i32.sub (global.get $len) (i32.const 1)))
      (local.set $note (i32.shl (global.get $len) (i32.const 3)))
      (local.set $address (i32.load $notes (local.get $note)))
      (local.set $old (i32.load $notes offset=4 (local.get $note)))
      (local.set $byte (i32.const 4))
      (loop $bytes
        ;; Modulo 2^32: what lies before `kept` is far behind it.
        (if (i32.ge_u (i32.sub (local.get $address) (local.get $kept)) (local.get $bytes))
          (then (i32.store8 $guest (local.get $address) (local.get $old))))
        (local.set $address (i32.add (local.get $address) (i32.const 1)))
        (local.set $old (i32.shr_u (local.get $old) (i32.const 8)))
        (br_if $bytes (local.tee $byte (i32.sub (local.get $byte) (i32.const 1)))))
      (br $next))))
