;; Lists of lists of strings between a guest and the host: two ways to one list, empty ones anywhere, pointers that are
;; wrong. `which` changes one thing in what the guest passes; after each call, what is in its memory is logged.

(component
  (import "log" (func $log (param "n" u32)))
  (import "show" (func $show
    (param "a" (list (list string))) (param "b" (list (list string))) (result (list string))))
  (component $Guest
    (import "log" (func $log (param "n" u32)))
    (import "show" (func $show
      (param "a" (list (list string))) (param "b" (list (list string))) (result (list string))))
    (core module $Memory
      (memory (export "memory") 1)
      (global $free (mut i32) (i32.const 4096))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        ;; No bytes, no address.
        (if (i32.eqz (local.get 3)) (then (return (local.get 2))))
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))))
    (core instance $memory (instantiate $Memory))
    (core func $log (canon lower (func $log)))
    (core func $show (canon lower (func $show)
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core module $M
      (import "" "log" (func $log (param i32)))
      (import "" "show" (func $show (param i32 i32 i32 i32 i32)))
      (import "memory" "memory" (memory 1))
      ;; The outer list, both of whose elements are the same inner one, which has two strings.
      (data (i32.const 200) "\00\01\00\00\02\00\00\00" "\00\01\00\00\02\00\00\00")
      (data (i32.const 256) "\00\02\00\00\02\00\00\00" "\04\02\00\00\03\00\00\00")
      (data (i32.const 512) "ab\00\00cde")
      (func $change (param $which i32)
        (if (i32.eq (local.get $which) (i32.const 1)) ;; an empty list at the end
          (then (i32.store (i32.const 200) (i32.const 65536)) (i32.store (i32.const 204) (i32.const 0))))
        (if (i32.eq (local.get $which) (i32.const 2)) ;; beyond
          (then (i32.store (i32.const 200) (i32.const 65540)) (i32.store (i32.const 204) (i32.const 0))))
        (if (i32.eq (local.get $which) (i32.const 3)) ;; an empty string at the end
          (then (i32.store (i32.const 256) (i32.const 65536)) (i32.store (i32.const 260) (i32.const 0))))
        (if (i32.eq (local.get $which) (i32.const 4)) ;; beyond
          (then (i32.store (i32.const 256) (i32.const 65537)) (i32.store (i32.const 260) (i32.const 0))))
        (if (i32.eq (local.get $which) (i32.const 5)) ;; a string across the end
          (then (i32.store (i32.const 256) (i32.const 65535))))
        (if (i32.eq (local.get $which) (i32.const 6)) ;; a list that is not aligned
          (then (i32.store (i32.const 200) (i32.const 258))))
        (if (i32.eq (local.get $which) (i32.const 7)) ;; a list across the end
          (then (i32.store (i32.const 200) (i32.const 65532))))
        (if (i32.eq (local.get $which) (i32.const 8)) ;; a list that is too long
          (then (i32.store (i32.const 204) (i32.const 0x2000_0000))))
        (if (i32.eq (local.get $which) (i32.const 9)) ;; a string at the far end of all addresses
          (then (i32.store (i32.const 256) (i32.const -1))))
        (if (i32.eq (local.get $which) (i32.const 10)) ;; an empty list at 0
          (then (i64.store (i32.const 200) (i64.const 0)))))
      (func $words (param $from i32) (param $to i32)
        (loop $next
          (call $log (i32.load (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 4)))
          (br_if $next (i32.lt_u (local.get $from) (local.get $to)))))
      (func $all
        (call $words (i32.const 200) (i32.const 216))
        (call $words (i32.const 256) (i32.const 272)))
      (func (export "show") (param $which i32)
        (local $at i32) (local $n i32)
        (call $change (local.get $which))
        (call $show (i32.const 200) (i32.const 2)
          (select (i32.const 65532) (i32.const 200) (i32.eq (local.get $which) (i32.const 11))) (i32.const 2)
          (select (i32.const 65534)
            (select (i32.const 65536) (i32.const 64) (i32.eq (local.get $which) (i32.const 13)))
            (i32.eq (local.get $which) (i32.const 12))))
        (call $all)
        ;; The strings that came back: lengths and first bytes.
        (local.set $at (i32.load (i32.const 64)))
        (local.set $n (i32.load (i32.const 68)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (call $log (i32.load offset=4 (local.get $at)))
            (if (i32.load offset=4 (local.get $at))
              (then (call $log (i32.load8_u (i32.load (local.get $at)))))
              (else (call $log (i32.load (local.get $at)))))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br $next))))
      (func (export "give") (param $which i32) (result i32)
        (call $change (local.get $which))
        (i32.store (i32.const 96) (i32.const 200))
        (i32.store (i32.const 100) (i32.const 2))
        (select (i32.const 98)
          (select (i32.const 65536) (i32.const 96) (i32.eq (local.get $which) (i32.const 12)))
          (i32.eq (local.get $which) (i32.const 11))))
      ;; A list of so many strings, all of them the same one.
      (func (export "many") (param $n i32) (result i32)
        (local $at i32)
        (i32.store (i32.const 96) (i32.const 8192))
        (i32.store (i32.const 100) (local.get $n))
        (local.set $at (i32.const 8192))
        (loop $next
          (i32.store (local.get $at) (i32.const 512))
          (i32.store offset=4 (local.get $at) (i32.const 2))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 96))
      (global $seen (mut i32) (i32.const 0))
      (func (export "post") (param $area i32)
        (global.set $seen
          (i32.add
            (i32.add (local.get $area) (i32.mul (i32.load (local.get $area)) (i32.const 1000)))
            (i32.mul (i32.load (i32.load (i32.const 208))) (i32.const 1000000)))))
      (func (export "seen") (call $log (global.get $seen)) (call $all))
      ;; A list of lists that the host passes: how many strings, and how many bytes.
      (func (export "take") (param $at i32) (param $n i32)
        (local $inner i32) (local $m i32) (local $strings i32) (local $sum i32) (local $byte i32) (local $len i32)
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $inner (i32.load (local.get $at)))
            (local.set $m (i32.load offset=4 (local.get $at)))
            (block $inner-done
              (loop $inner-next
                (br_if $inner-done (i32.eqz (local.get $m)))
                (local.set $strings (i32.add (local.get $strings) (i32.const 1)))
                (local.set $byte (i32.load (local.get $inner)))
                (local.set $len (i32.load offset=4 (local.get $inner)))
                (if (i32.eqz (local.get $len)) (then (call $log (local.get $byte))))
                (block $bytes-done
                  (loop $bytes
                    (br_if $bytes-done (i32.eqz (local.get $len)))
                    (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $byte))))
                    (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
                    (local.set $len (i32.sub (local.get $len) (i32.const 1)))
                    (br $bytes)))
                (local.set $inner (i32.add (local.get $inner) (i32.const 8)))
                (local.set $m (i32.sub (local.get $m) (i32.const 1)))
                (br $inner-next)))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (call $log (local.get $strings))
        (call $log (local.get $sum))))
    (core instance $m (instantiate $M
      (with "memory" (instance $memory))
      (with "" (instance (export "log" (func $log)) (export "show" (func $show))))))
    (func (export "show") (param "which" u32) (canon lift (core func $m "show")))
    (func (export "give") (param "which" u32) (result (list (list string)))
      (canon lift (core func $m "give") (memory (core memory $memory "memory")) (post-return (core func $m "post"))))
    (func (export "many") (param "n" u32) (result (list string))
      (canon lift (core func $m "many") (memory (core memory $memory "memory"))))
    (func (export "seen") (canon lift (core func $m "seen")))
    (func (export "take") (param "lists" (list (list string)))
      (canon lift (core func $m "take") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))
  (instance $g (instantiate $Guest (with "log" (func $log)) (with "show" (func $show))))
  (export "g" (instance $g)))
