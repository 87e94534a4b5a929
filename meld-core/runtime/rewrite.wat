;; What is in the words of its own: records of two, one for each note, from 0.
(@define address 0) ;; of the word in the guest's memory
(@define value 1)   ;; to be put there, and when it is there, what was there before
(global $len (mut i32) (i32.const 0)) ;; notes

(func (export "mark") (result i32)
  (global.get $len))

(func (export "push") (param $address i32) (param $value i32)
  (local $note i32)
  (if (i32.eq (global.get $len) @records2)
    (then (call $enlarge)))
  (local.set $note (@record2 (global.get $len)))
  (@store @address (local.get $note) (local.get $address))
  (@store @value (local.get $note) (local.get $value))
  (global.set $len (i32.add (global.get $len) (i32.const 1))))

;; Puts the values in place, oldest first. The addresses were checked when they were found.
(func (export "apply") (param $mark i32)
  (local $note i32) (local $address i32) (local $old i32)
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $mark) (global.get $len)))
      (local.set $note (@record2 (local.get $mark)))
      (local.set $address (@load @address (local.get $note)))
      (local.set $old (i32.load $guest (local.get $address)))
      (i32.store $guest (local.get $address) (@load @value (local.get $note)))
      (@store @value (local.get $note) (local.get $old))
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
      (local.set $note (@record2 (global.get $len)))
      (local.set $address (@load @address (local.get $note)))
      (local.set $old (@load @value (local.get $note)))
      (local.set $byte (i32.const 4))
      (loop $bytes
        ;; Modulo 2^32: what lies before `kept` is far behind it.
        (if (i32.ge_u (i32.sub (local.get $address) (local.get $kept)) (local.get $bytes))
          (then (i32.store8 $guest (local.get $address) (local.get $old))))
        (local.set $address (i32.add (local.get $address) (i32.const 1)))
        (local.set $old (i32.shr_u (local.get $old) (i32.const 8)))
        (br_if $bytes (local.tee $byte (i32.sub (local.get $byte) (i32.const 1)))))
      (br $next))))
