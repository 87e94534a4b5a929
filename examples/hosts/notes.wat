;; Two components with a memory each, which import the same function of the host: `left` and `right` join texts, and let the
;; host have the last word.
(component
  (import "demo:hosts/notes@1.0.0" (instance $notes
    (export "note" (func (param "text" string) (result string)))))

  (component $Joiner
    (import "notes" (instance $notes
      (export "note" (func (param "text" string) (result string)))))
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param $old i32) (param $old-len i32) (param $align i32) (param $len i32) (result i32)
        (local $result i32)
        (local.set $result (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $result) (local.get $len)))
        (memory.copy (local.get $result) (local.get $old) (local.get $old-len))
        (local.get $result)))
    (core instance $memory (instantiate $Memory))
    (alias export $notes "note" (func $note))
    (core func $note (canon lower (func $note)
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $Join
      (import "" "memory" (memory 1))
      (import "" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (import "" "note" (func $note (param i32 i32 i32)))
      ;; Parts are pairs of an address and a length.
      (func (export "join") (param $part i32) (param $count i32) (result i32)
        (local $end i32) (local $text i32) (local $len i32) (local $part-len i32)
        (local.set $end (i32.add (local.get $part) (i32.shl (local.get $count) (i32.const 3))))
        (block $done
          (loop $next
            (br_if $done (i32.eq (local.get $part) (local.get $end)))
            (local.set $part-len (i32.load offset=4 (local.get $part)))
            (local.set $text (call $realloc
              (local.get $text) (local.get $len) (i32.const 1) (i32.add (local.get $len) (local.get $part-len))))
            (memory.copy
              (i32.add (local.get $text) (local.get $len)) (i32.load (local.get $part)) (local.get $part-len))
            (local.set $len (i32.add (local.get $len) (local.get $part-len)))
            (local.set $part (i32.add (local.get $part) (i32.const 8)))
            (br $next)))
        ;; The host writes where its answer is to address 8.
        (call $note (local.get $text) (local.get $len) (i32.const 8))
        (i32.const 8))
      ;; What is freed is counted, so that a host that forgets to say so can be told.
      (global $freed (mut i32) (i32.const 0))
      (func (export "free") (param i32) (global.set $freed (i32.add (global.get $freed) (i32.const 1))))
      (func (export "freed") (result i32) (global.get $freed)))
    (core instance $join (instantiate $Join (with "" (instance
      (export "memory" (memory $memory "memory"))
      (export "realloc" (func $memory "realloc"))
      (export "note" (func $note))))))
    (func (export "join") (param "parts" (list string)) (result string) (canon lift (core func $join "join")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))
      (post-return (core func $join "free"))))
    (func (export "freed") (result u32) (canon lift (core func $join "freed"))))

  (instance $left (instantiate $Joiner (with "notes" (instance $notes))))
  (instance $right (instantiate $Joiner (with "notes" (instance $notes))))
  (export "demo:hosts/left@1.0.0" (instance $left))
  (export "demo:hosts/right@1.0.0" (instance $right)))
