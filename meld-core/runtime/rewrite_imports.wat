;; Words of a guest's memory that hold other numbers for a while: its handles, while the outer world reads them
;; and must find its own. `push` notes a word and its other value; `apply` puts these in place, all at once, so
;; that two values which share memory are both read as the guest wrote them; `restore` brings back what was
;; there. A mark is a position in the notes, so that later ones can be done earlier.
(import "guest" "memory" (memory $guest 0))
(import "trap" "notes-full" (func $trap_full))
