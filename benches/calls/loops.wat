;; One guest, three times: loops over its own memory, without a call to anybody. In one memory the window of `first` is
;; at address 0, that of `next` is above it, and that of `far`, which is larger than others, is above one of 64 MiB.
(component
  (core module $small (memory (export "memory") 64))
  (core module $huge (memory (export "memory") 1040))
  (component $guest
    (import "memory" (core module $mem (export "memory" (memory 64))))
    (core instance $mem (instantiate $mem))
    (core module $m
      (import "mem" "memory" (memory 64))
      ;; Each: do it `n` times to `length` bytes from 64 Ki on, and return a sum.
      (func (export "load") (param $n i32) (param $length i32) (result i32)
        (local $sum i32) (local $at i32) (local $end i32)
        (local.set $end (i32.add (i32.const 0x10000) (local.get $length)))
        (loop $again
          (local.set $at (i32.const 0x10000))
          (loop $words
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
            (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "store") (param $n i32) (param $length i32) (result i32)
        (local $at i32) (local $end i32)
        (local.set $end (i32.add (i32.const 0x10000) (local.get $length)))
        (loop $again
          (local.set $at (i32.const 0x10000))
          (loop $words
            (i32.store (local.get $at) (local.get $at))
            (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $end))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.load (i32.const 0x10000)))
      ;; Each word is the address of the next one, 68 bytes further on, around and around.
      (func (export "chase") (param $n i32) (param $length i32) (result i32)
        (local $sum i32) (local $at i32) (local $i i32)
        (loop $word
          (i32.store (i32.add (i32.const 0x10000) (local.get $at))
            (i32.add (i32.const 0x10000)
              (i32.and (i32.add (local.get $at) (i32.const 68)) (i32.sub (local.get $length) (i32.const 1)))))
          (br_if $word (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (local.get $length))))
        (loop $again
          (local.set $at (i32.const 0x10000))
          (local.set $i (i32.shr_u (local.get $length) (i32.const 2)))
          (loop $words
            (local.set $sum (i32.add (local.get $sum) (local.tee $at (i32.load (local.get $at)))))
            (br_if $words (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      ;; Records of four words: two are loaded, two are stored, by one pointer.
      (func (export "records") (param $n i32) (param $length i32) (result i32)
        (local $at i32) (local $end i32)
        (local.set $end (i32.add (i32.const 0x10000) (local.get $length)))
        (loop $again
          (local.set $at (i32.const 0x10000))
          (loop $words
            (i32.store offset=8 (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $at)))
            (i32.store offset=12 (local.get $at) (i32.sub (i32.load offset=4 (local.get $at)) (local.get $at)))
            (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.load (i32.const 0x10008)))
      (func (export "copy") (param $n i32) (param $length i32) (result i32)
        (loop $again
          (memory.copy (i32.const 0x200000) (i32.const 0x10000) (local.get $length))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.load (i32.const 0x200000)))
      (func (export "fill") (param $n i32) (param $length i32) (result i32)
        (loop $again
          (memory.fill (i32.const 0x10000) (local.get $length) (local.get $length))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.load (i32.const 0x10000))))
    (core instance $i (instantiate $m (with "mem" (instance $mem))))
    (func (export "load") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "load")))
    (func (export "store") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "store")))
    (func (export "chase") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "chase")))
    (func (export "records") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "records")))
    (func (export "copy") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "copy")))
    (func (export "fill") (param "n" u32) (param "length" u32) (result u32) (canon lift (core func $i "fill"))))
  (component $large
    (core module $m (memory 1024) (func (export "f") (result i32) (i32.load (i32.const 16))))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  (instance $first (instantiate $guest (with "memory" (core module $small))))
  (instance $next (instantiate $guest (with "memory" (core module $small))))
  (instance $large (instantiate $large))
  (instance $far (instantiate $guest (with "memory" (core module $huge))))
  (export "first-load" (func $first "load"))
  (export "first-store" (func $first "store"))
  (export "first-chase" (func $first "chase"))
  (export "first-records" (func $first "records"))
  (export "first-copy" (func $first "copy"))
  (export "first-fill" (func $first "fill"))
  (export "next-load" (func $next "load"))
  (export "next-store" (func $next "store"))
  (export "next-chase" (func $next "chase"))
  (export "next-records" (func $next "records"))
  (export "next-copy" (func $next "copy"))
  (export "next-fill" (func $next "fill"))
  (export "far-load" (func $far "load"))
  (export "far-store" (func $far "store"))
  (export "far-chase" (func $far "chase"))
  (export "far-records" (func $far "records"))
  (export "large" (func $large "f")))
