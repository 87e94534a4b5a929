;; What realloc is asked for, and in which order (CanonicalABI.md, store_list, store_string, lower_flat_values): the
;; memory of a value before that of the values in it, parts in order, an empty list too. A request is four numbers;
;; `request n` is old size, alignment and size of the n-th one, 16 bits each, and bit 48 says whether there was an old
;; pointer. After the last one there are zeros.

(component definition $requests
  (component $Provider
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 4096))
      (global $log (mut i32) (i32.const 1024))
      (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
        (result i32)
        (local $ptr i32)
        (i64.store (global.get $log)
          (i64.or
            (i64.or (i64.extend_i32_u (local.get $size)) (i64.shl (i64.extend_i32_u (local.get $align)) (i64.const 16)))
            (i64.or
              (i64.shl (i64.extend_i32_u (local.get $old-size)) (i64.const 32))
              (i64.shl (i64.extend_i32_u (i32.ne (local.get $old) (i32.const 0))) (i64.const 48)))))
        (global.set $log (i32.add (global.get $log) (i32.const 8)))
        ;; What grows or shrinks moves, so that nobody can go on with the old place.
        (local.set $ptr
          (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                   (i32.sub (i32.const 0) (local.get $align))))
        (global.set $heap (i32.add (local.get $ptr) (local.get $size)))
        (memory.copy (local.get $ptr) (local.get $old)
          (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
        (local.get $ptr))
      (func (export "request") (param i32) (result i64)
        (i64.load offset=1024 (i32.shl (local.get 0) (i32.const 3)))))
    (core instance $libc (instantiate $Libc))
    (core module $M
      (func (export "flat") (param i32 i32 i32 i32 i32 i32))
      (func (export "spilled") (param i32))
      (func (export "text") (param i32 i32))
      (func (export "case") (param i32 i32 i32)))
    (core instance $m (instantiate $M))
    (func (export "flat") (param "a" string) (param "b" (list string)) (param "c" (list (tuple u8 u64)))
      (canon lift (core func $m "flat") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "spilled")
      (param "n" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32)) (param "a" string) (param "b" (list string))
      (canon lift (core func $m "spilled") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "nested") (param "a" (list (list (option (list u16)))))
      (canon lift (core func $m "text") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "case") (param "a" (result (list u8) (error string)))
      (canon lift (core func $m "case") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "to-utf8") (param "a" string)
      (canon lift (core func $m "text") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "to-utf16") (param "a" string)
      (canon lift (core func $m "text") string-encoding=utf16 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "to-latin1") (param "a" string)
      (canon lift (core func $m "text") string-encoding=latin1+utf16 (memory (core memory $libc "memory"))
        (realloc (core func $libc "realloc"))))
    (func (export "request") (param "n" u32) (result u64) (canon lift (core func $libc "request"))))
  (component $Caller
    (import "p" (instance $p
      (export "flat" (func (param "a" string) (param "b" (list string)) (param "c" (list (tuple u8 u64)))))
      (export "spilled" (func
        (param "n" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32)) (param "a" string)
        (param "b" (list string))))
      (export "nested" (func (param "a" (list (list (option (list u16)))))))
      (export "case" (func (param "a" (result (list u8) (error string)))))
      (export "to-utf8" (func (param "a" string)))
      (export "to-utf16" (func (param "a" string)))
      (export "to-latin1" (func (param "a" string)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "hello")
      ;; A list of "ab", nothing, and "c".
      (data (i32.const 128) "\40\00\00\00\02\00\00\00" "\40\00\00\00\00\00\00\00" "\41\00\00\00\01\00\00\00")
      ;; What stands at 128, behind the text at 64, behind thirteen numbers.
      (data (i32.const 308) "\40\00\00\00\05\00\00\00" "\80\00\00\00\03\00\00\00")
      ;; Two lists: one of nothing and of a list of three numbers, and an empty one.
      (data (i32.const 400) "\a4\01\00\00\02\00\00\00" "\00\00\00\00\00\00\00\00")
      (data (i32.const 420) "\00\00\00\00\00\00\00\00\00\00\00\00" "\01\00\00\00\40\00\00\00\03\00\00\00")
      ;; In UTF-8: "é", "é" after two letters, "€".
      (data (i32.const 512) "\c3\a9" "ab\c3\a9" "\e2\82\ac")
      ;; In UTF-16: "ab", "aé", "a€", "é".
      (data (i32.const 600) "a\00b\00" "a\00\e9\00" "a\00\ac\20" "\e9\00"))
    (core instance $memory (instantiate $Memory))
    (core func $flat (canon lower (func $p "flat") (memory (core memory $memory "memory"))))
    (core func $spilled (canon lower (func $p "spilled") (memory (core memory $memory "memory"))))
    (core func $nested (canon lower (func $p "nested") (memory (core memory $memory "memory"))))
    (core func $case (canon lower (func $p "case") (memory (core memory $memory "memory"))))
    (core func $utf8-utf8 (canon lower (func $p "to-utf8") (memory (core memory $memory "memory"))))
    (core func $utf8-utf16 (canon lower (func $p "to-utf16") (memory (core memory $memory "memory"))))
    (core func $utf8-latin1 (canon lower (func $p "to-latin1") (memory (core memory $memory "memory"))))
    (core func $utf16-utf8 (canon lower (func $p "to-utf8") string-encoding=utf16 (memory (core memory $memory "memory"))))
    (core func $utf16-utf16 (canon lower (func $p "to-utf16") string-encoding=utf16 (memory (core memory $memory "memory"))))
    (core func $utf16-latin1 (canon lower (func $p "to-latin1") string-encoding=utf16 (memory (core memory $memory "memory"))))
    (core func $latin1-utf8 (canon lower (func $p "to-utf8") string-encoding=latin1+utf16 (memory (core memory $memory "memory"))))
    (core func $latin1-utf16 (canon lower (func $p "to-utf16") string-encoding=latin1+utf16 (memory (core memory $memory "memory"))))
    (core func $latin1-latin1 (canon lower (func $p "to-latin1") string-encoding=latin1+utf16 (memory (core memory $memory "memory"))))
    (func (export "flat") (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (param "e" u32) (param "f" u32)
      (canon lift (core func $flat)))
    (func (export "spilled") (param "p" u32) (canon lift (core func $spilled)))
    (func (export "nested") (param "p" u32) (param "n" u32) (canon lift (core func $nested)))
    (func (export "case") (param "c" u32) (param "p" u32) (param "n" u32) (canon lift (core func $case)))
    (func (export "utf8-utf8") (param "p" u32) (param "n" u32) (canon lift (core func $utf8-utf8)))
    (func (export "utf8-utf16") (param "p" u32) (param "n" u32) (canon lift (core func $utf8-utf16)))
    (func (export "utf8-latin1") (param "p" u32) (param "n" u32) (canon lift (core func $utf8-latin1)))
    (func (export "utf16-utf8") (param "p" u32) (param "n" u32) (canon lift (core func $utf16-utf8)))
    (func (export "utf16-utf16") (param "p" u32) (param "n" u32) (canon lift (core func $utf16-utf16)))
    (func (export "utf16-latin1") (param "p" u32) (param "n" u32) (canon lift (core func $utf16-latin1)))
    (func (export "latin1-utf8") (param "p" u32) (param "n" u32) (canon lift (core func $latin1-utf8)))
    (func (export "latin1-utf16") (param "p" u32) (param "n" u32) (canon lift (core func $latin1-utf16)))
    (func (export "latin1-latin1") (param "p" u32) (param "n" u32) (canon lift (core func $latin1-latin1))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "flat" (func $caller "flat"))
  (export "spilled" (func $caller "spilled"))
  (export "nested" (func $caller "nested"))
  (export "case" (func $caller "case"))
  (export "utf8-utf8" (func $caller "utf8-utf8"))
  (export "utf8-utf16" (func $caller "utf8-utf16"))
  (export "utf8-latin1" (func $caller "utf8-latin1"))
  (export "utf16-utf8" (func $caller "utf16-utf8"))
  (export "utf16-utf16" (func $caller "utf16-utf16"))
  (export "utf16-latin1" (func $caller "utf16-latin1"))
  (export "latin1-utf8" (func $caller "latin1-utf8"))
  (export "latin1-utf16" (func $caller "latin1-utf16"))
  (export "latin1-latin1" (func $caller "latin1-latin1"))
  (export "request" (func $provider "request")))

;; Parameters in order; the strings of a list after the list.
(component instance $i $requests)
(assert_return (invoke "flat" (u32.const 64) (u32.const 5) (u32.const 128) (u32.const 3) (u32.const 0) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10005))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x40018))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x10002))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0x10000))
(assert_return (invoke "request" (u32.const 4)) (u64.const 0x10001))
(assert_return (invoke "request" (u32.const 5)) (u64.const 0x80020))
(assert_return (invoke "request" (u32.const 6)) (u64.const 0))

;; Nothing is asked for too.
(component instance $i $requests)
(assert_return (invoke "flat" (u32.const 0) (u32.const 0) (u32.const 0) (u32.const 0) (u32.const 0) (u32.const 0)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10000))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x40000))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x80000))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0))

;; Parameters in memory: first their tuple.
(component instance $i $requests)
(assert_return (invoke "spilled" (u32.const 256)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x40044))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x10005))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x40018))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0x10002))
(assert_return (invoke "request" (u32.const 4)) (u64.const 0x10000))
(assert_return (invoke "request" (u32.const 5)) (u64.const 0x10001))
(assert_return (invoke "request" (u32.const 6)) (u64.const 0))

;; Lists in lists, the inner ones of each before the next.
(component instance $i $requests)
(assert_return (invoke "nested" (u32.const 400) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x40010))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x40018))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x20006))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0x40000))
(assert_return (invoke "request" (u32.const 4)) (u64.const 0))

;; Only the case that is there.
(component instance $i $requests)
(assert_return (invoke "case" (u32.const 0) (u32.const 64) (u32.const 3)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10003))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; The other case.
(component instance $i $requests)
(assert_return (invoke "case" (u32.const 1) (u32.const 64) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10002))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; UTF-8 as it is.
(component instance $i $requests)
(assert_return (invoke "utf8-utf8" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10005))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; UTF-8 to UTF-16: two bytes for each byte, and less where that was too much.
(component instance $i $requests)
(assert_return (invoke "utf8-utf16" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x2000a))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; … with a character of two bytes.
(component instance $i $requests)
(assert_return (invoke "utf8-utf16" (u32.const 512) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20004))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000400020002))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0))

;; UTF-8 to Latin-1: as many bytes.
(component instance $i $requests)
(assert_return (invoke "utf8-latin1" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20005))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; … fewer, where a character had two.
(component instance $i $requests)
(assert_return (invoke "utf8-latin1" (u32.const 514) (u32.const 4)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20004))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000400020003))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0))

;; … and UTF-16 where a character has no place in Latin-1.
(component instance $i $requests)
(assert_return (invoke "utf8-latin1" (u32.const 518) (u32.const 3)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20003))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000300020006))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x1000600020002))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0))

;; UTF-16 to UTF-8: ASCII is guessed.
(component instance $i $requests)
(assert_return (invoke "utf16-utf8" (u32.const 600) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10002))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; … then the worst, then what it is.
(component instance $i $requests)
(assert_return (invoke "utf16-utf8" (u32.const 604) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10002))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000200010006))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0x1000600010003))
(assert_return (invoke "request" (u32.const 3)) (u64.const 0))

;; UTF-16 as it is.
(component instance $i $requests)
(assert_return (invoke "utf16-utf16" (u32.const 608) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20004))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; UTF-16 to Latin-1.
(component instance $i $requests)
(assert_return (invoke "utf16-latin1" (u32.const 604) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20002))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; … where that is not possible.
(component instance $i $requests)
(assert_return (invoke "utf16-latin1" (u32.const 608) (u32.const 2)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20002))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000200020004))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0))

;; Latin-1 to UTF-8: ASCII is guessed.
(component instance $i $requests)
(assert_return (invoke "latin1-utf8" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x10005))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; Latin-1 to UTF-16.
(component instance $i $requests)
(assert_return (invoke "latin1-utf16" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x2000a))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; Latin-1 as it is.
(component instance $i $requests)
(assert_return (invoke "latin1-latin1" (u32.const 64) (u32.const 5)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20005))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; UTF-16 of Latin-1 or UTF-16: what it is asked for as, and again where it can be Latin-1.
(component instance $i $requests)
(assert_return (invoke "latin1-latin1" (u32.const 608) (u32.const 2147483650)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20004))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0))

;; … and where it can.
(component instance $i $requests)
(assert_return (invoke "latin1-latin1" (u32.const 604) (u32.const 2147483650)))
(assert_return (invoke "request" (u32.const 0)) (u64.const 0x20004))
(assert_return (invoke "request" (u32.const 1)) (u64.const 0x1000400020002))
(assert_return (invoke "request" (u32.const 2)) (u64.const 0))
