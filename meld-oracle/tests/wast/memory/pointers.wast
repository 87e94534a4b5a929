;; Pointers of every kind, in a memory that has neighbours: whatever computes or keeps an address, the access goes to
;; the same byte as before.

(component definition $pointers
  ;; Another memory comes first, so that the one below does not begin at address 0 where memories are windows of one.
  (core module $Before
    (memory 1)
    (data (i32.const 65532) "\ff\ff\ff\ff")
    (func (export "before") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $before (instantiate $Before))
  (func (export "before") (param "p" u32) (result u32) (canon lift (core func $before "before")))
  (core module $M
    (memory 1)
    ;; A table of pointers, as a linker writes it: to the three words that follow it.
    (data (i32.const 16) "\1c\00\00\00\20\00\00\00\24\00\00\00\0a\00\00\00\14\00\00\00\1e\00\00\00")
    (data (i32.const 65528) "\01\02\03\04\05\06\07\08")
    (global $sp (mut i32) (i32.const 4096))
    (global $kept (mut i32) (i32.const 0))
    (func (export "table") (param i32) (result i32)
      (i32.load (i32.load offset=16 (i32.shl (local.get 0) (i32.const 2)))))
    ;; Address arithmetic that wraps: what counts is the sum.
    (func (export "wrap") (param i32) (result i32)
      (i32.load (i32.add (i32.const -4) (i32.add (i32.const 32) (local.get 0)))))
    ;; A frame on a shadow stack, and a callee that writes through a pointer into it.
    (func $fill (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "frame") (param i32) (result i32)
      (local $fp i32)
      (global.set $sp (local.tee $fp (i32.sub (global.get $sp) (i32.const 16))))
      (call $fill (i32.add (local.get $fp) (i32.const 12)) (local.get 0))
      (global.set $sp (i32.add (local.get $fp) (i32.const 16)))
      (i32.add (i32.load offset=12 (local.get $fp)) (global.get $sp)))
    ;; A pointer in a global, one in memory.
    (func (export "keep") (param i32 i32)
      (global.set $kept (local.get 0))
      (i32.store (i32.const 512) (global.get $kept))
      (i64.store (global.get $kept) (i64.extend_i32_u (local.get 1))))
    (func (export "kept") (result i64)
      (i64.add (i64.load (global.get $kept)) (i64.load (i32.load (i32.const 512)))))
    ;; To the last byte, and beyond it.
    (func (export "load64") (param i32) (result i64) (i64.load align=1 (local.get 0)))
    (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "store64") (param i32 i64) (i64.store align=1 (local.get 0) (local.get 1)))
    ;; Offsets at the end of the address space.
    (func (export "far") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0)))
    (func (export "far-store") (param i32) (i64.store offset=0xfffffff8 (local.get 0) (i64.const 1)))
    (func (export "far-const") (result f64) (f64.load offset=0xffff0000 (i32.const 0)))
    (func (export "offset") (param i32) (result i32) (i32.load8_u offset=65535 (local.get 0)))
    ;; Each width, there and back.
    (func (export "widths") (param i64) (result i64)
      (local $sum i64)
      (i64.store (i32.const 1024) (local.get 0))
      (i64.store8 (i32.const 1032) (local.get 0))
      (i64.store16 offset=2 (i32.const 1032) (local.get 0))
      (i64.store32 offset=4 (i32.const 1032) (local.get 0))
      (i32.store8 offset=16 (i32.const 1024) (i32.wrap_i64 (local.get 0)))
      (i32.store16 offset=18 (i32.const 1024) (i32.wrap_i64 (local.get 0)))
      (i32.store offset=20 (i32.const 1024) (i32.wrap_i64 (local.get 0)))
      (f64.store offset=24 (i32.const 1024) (f64.load (i32.const 1024)))
      (f32.store offset=32 (i32.const 1024) (f32.load (i32.const 1028)))
      (local.set $sum (i64.add (i64.load8_s (i32.const 1024)) (i64.load8_u (i32.const 1025))))
      (local.set $sum (i64.add (local.get $sum) (i64.add (i64.load16_s (i32.const 1026)) (i64.load16_u (i32.const 1028)))))
      (local.set $sum (i64.add (local.get $sum) (i64.add (i64.load32_s (i32.const 1032)) (i64.load32_u (i32.const 1036)))))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_s
        (i32.add (i32.add (i32.load8_s (i32.const 1040)) (i32.load8_u (i32.const 1042)))
                 (i32.add (i32.load16_s (i32.const 1042)) (i32.load16_u (i32.const 1044)))))))
      (i64.add (local.get $sum) (i64.add (i64.load offset=24 (i32.const 1024)) (i64.extend_i32_u (i32.load (i32.const 1056))))))
    ;; Checks that are left out must not be missed: the same local, written in between or not, in loops and branches.
    (func (export "walk") (param $p i32) (param $n i32) (result i32)
      (local $sum i32)
      (loop $next
        (if (local.get $n)
          (then
            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 1)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next))))
      (local.get $sum))
    (func (export "branch") (param $p i32) (param $way i32) (result i32)
      (if (local.get $way) (then (drop (i64.load align=1 (local.get $p)))) (else (drop (i32.load8_u (local.get $p)))))
      (i32.load align=1 (local.get $p)))
    (func (export "twice") (param $p i32) (result i32)
      (i32.add (i32.load8_u (local.get $p))
        (i32.add (i32.load8_u (local.tee $p (i32.add (local.get $p) (i32.const 8)))) (i32.load8_u (local.get $p)))))
    (func (export "old") (param $p i32) (result i32)
      (drop (i32.load8_u (local.get $p)))
      (i32.load8_u (local.get $p) (local.set $p (i32.const 16)))))
  (core instance $m (instantiate $M))
  ;; And one behind it, which is full: what was read from here would not be zero.
  (core module $After
    (memory 1)
    (data (i32.const 0) "\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee")
    (func (export "after") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $after (instantiate $After))
  (func (export "after") (param "p" u32) (result u32) (canon lift (core func $after "after")))
  (func (export "table") (param "a" u32) (result u32) (canon lift (core func $m "table")))
  (func (export "wrap") (param "a" u32) (result u32) (canon lift (core func $m "wrap")))
  (func (export "frame") (param "a" u32) (result u32) (canon lift (core func $m "frame")))
  (func (export "keep") (param "a" u32) (param "b" u32)  (canon lift (core func $m "keep")))
  (func (export "kept")  (result u64) (canon lift (core func $m "kept")))
  (func (export "load64") (param "a" u32) (result u64) (canon lift (core func $m "load64")))
  (func (export "load8") (param "a" u32) (result u32) (canon lift (core func $m "load8")))
  (func (export "store8") (param "a" u32) (param "b" u32)  (canon lift (core func $m "store8")))
  (func (export "store64") (param "a" u32) (param "b" u64)  (canon lift (core func $m "store64")))
  (func (export "far") (param "a" u32) (result u32) (canon lift (core func $m "far")))
  (func (export "far-store") (param "a" u32)  (canon lift (core func $m "far-store")))
  (func (export "far-const")  (result f64) (canon lift (core func $m "far-const")))
  (func (export "offset") (param "a" u32) (result u32) (canon lift (core func $m "offset")))
  (func (export "widths") (param "a" u64) (result u64) (canon lift (core func $m "widths")))
  (func (export "walk") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "walk")))
  (func (export "branch") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "branch")))
  (func (export "twice") (param "a" u32) (result u32) (canon lift (core func $m "twice")))
  (func (export "old") (param "a" u32) (result u32) (canon lift (core func $m "old"))))

(component instance $i $pointers)
(assert_return (invoke "table" (u32.const 0)) (u32.const 10))
(assert_return (invoke "table" (u32.const 2)) (u32.const 30))
(assert_return (invoke "wrap" (u32.const 4)) (u32.const 20))
(assert_return (invoke "wrap" (u32.const 0xffff_fff4)) (u32.const 28))
(assert_return (invoke "frame" (u32.const 77)) (u32.const 4173))
(assert_return (invoke "keep" (u32.const 2048) (u32.const 21)))
(assert_return (invoke "kept") (u64.const 42))
(assert_return (invoke "keep" (u32.const 65528) (u32.const 4)))
(assert_return (invoke "kept") (u64.const 8))
(assert_return (invoke "store64" (u32.const 65528) (u64.const 0x0807060504030201)))
(assert_return (invoke "load64" (u32.const 65528)) (u64.const 0x0807060504030201))
(assert_return (invoke "load8" (u32.const 65535)) (u32.const 8))
(assert_return (invoke "offset" (u32.const 0)) (u32.const 8))
(assert_return (invoke "widths" (u64.const 0x8182838485868788)) (u64.const 0x818283851417ab55))
(assert_return (invoke "walk" (u32.const 65528) (u32.const 8)) (u32.const 36))
(assert_return (invoke "branch" (u32.const 65528) (u32.const 1)) (u32.const 0x04030201))
(assert_return (invoke "branch" (u32.const 65532) (u32.const 0)) (u32.const 0x08070605))
(assert_return (invoke "twice" (u32.const 65520)) (u32.const 2))
(assert_return (invoke "old" (u32.const 28)) (u32.const 10))
;; The neighbours have seen nothing.
(assert_return (invoke "before" (u32.const 65535)) (u32.const 255))
(assert_return (invoke "before" (u32.const 2048)) (u32.const 0))
(assert_return (invoke "after" (u32.const 0)) (u32.const 238))

(component instance $i $pointers)
(assert_trap (invoke "load64" (u32.const 65529)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "load8" (u32.const 65536)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "load8" (u32.const 0xffff_ffff)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "load64" (u32.const 0xffff_ffff)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "store8" (u32.const 65536) (u32.const 1)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "store64" (u32.const 65529) (u64.const 1)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far" (u32.const 0)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far" (u32.const 1)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far" (u32.const 0xffff_ffff)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far-store" (u32.const 0)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far-store" (u32.const 8)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far-store" (u32.const 0xffff_0000)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "far-const") "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "offset" (u32.const 1)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "walk" (u32.const 65528) (u32.const 9)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "branch" (u32.const 65529) (u32.const 1)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "branch" (u32.const 65533) (u32.const 0)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "twice" (u32.const 65528)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "old" (u32.const 65536)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "table" (u32.const 16380)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "wrap" (u32.const 0xffff_ffe0)) "out of bounds memory access")

(component instance $i $pointers)
(assert_trap (invoke "keep" (u32.const 65529) (u32.const 1)) "out of bounds memory access")
