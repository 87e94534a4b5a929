;; Atomics in a memory that has neighbours. The memory is not shared between threads: `wait` traps, `notify` finds nobody.

(component definition $atomics
  ;; Another memory comes first, so that the one below does not begin at address 0 where memories are windows of one.
  (core module $Before
    (memory 1)
    (data (i32.const 65532) "\ff\ff\ff\ff")
    (func (export "before") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $before (instantiate $Before))
  (func (export "before") (param "p" u32) (result u32) (canon lift (core func $before "before")))
  (core module $M
    (memory 1)
    (data (i32.const 65528) "\01\00\00\00\02\00\00\00")
    (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 5)))
    (func (export "add8") (param i32) (result i64) (i64.atomic.rmw8.add_u (local.get 0) (i64.const 255)))
    (func (export "exchange") (param i32) (result i64) (i64.atomic.rmw.xchg (local.get 0) (i64.const 9)))
    (func (export "compare") (param i32 i32) (result i32)
      (i32.atomic.rmw.cmpxchg offset=4 (local.get 0) (local.get 1) (i32.const 77)))
    (func (export "compare16") (param i32 i64) (result i64)
      (i64.atomic.rmw16.cmpxchg_u (local.get 0) (local.get 1) (i64.const 77)))
    (func (export "load") (param i32) (result i64) (i64.atomic.load (local.get 0)))
    (func (export "load-far") (param i32) (result i64) (i64.atomic.load offset=0xfffffff8 (local.get 0)))
    (func (export "store") (param i32 i64) (i64.atomic.store (local.get 0) (local.get 1)))
    (func (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1)))
    (func (export "wait32") (param i32) (result i32) (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0)))
    (func (export "wait64") (param i32) (result i32) (memory.atomic.wait64 (local.get 0) (i64.const 1) (i64.const 0)))
    (func (export "fence") (atomic.fence)))
  (core instance $m (instantiate $M))
  ;; And one behind it, which is full: what was read from here would not be zero.
  (core module $After
    (memory 1)
    (data (i32.const 0) "\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee")
    (func (export "after") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $after (instantiate $After))
  (func (export "after") (param "p" u32) (result u32) (canon lift (core func $after "after")))
  (func (export "add") (param "a" u32) (result u32) (canon lift (core func $m "add")))
  (func (export "add8") (param "a" u32) (result u64) (canon lift (core func $m "add8")))
  (func (export "exchange") (param "a" u32) (result u64) (canon lift (core func $m "exchange")))
  (func (export "compare") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $m "compare")))
  (func (export "compare16") (param "a" u32) (param "b" u64) (result u64) (canon lift (core func $m "compare16")))
  (func (export "load") (param "a" u32) (result u64) (canon lift (core func $m "load")))
  (func (export "load-far") (param "a" u32) (result u64) (canon lift (core func $m "load-far")))
  (func (export "store") (param "a" u32) (param "b" u64)  (canon lift (core func $m "store")))
  (func (export "notify") (param "a" u32) (result u32) (canon lift (core func $m "notify")))
  (func (export "wait32") (param "a" u32) (result u32) (canon lift (core func $m "wait32")))
  (func (export "wait64") (param "a" u32) (result u32) (canon lift (core func $m "wait64")))
  (func (export "fence")   (canon lift (core func $m "fence"))))

(component instance $i $atomics)
(assert_return (invoke "fence"))
(assert_return (invoke "add" (u32.const 65528)) (u32.const 1))
(assert_return (invoke "load" (u32.const 65528)) (u64.const 0x2_0000_0006))
(assert_return (invoke "compare" (u32.const 65528) (u32.const 3)) (u32.const 2))
(assert_return (invoke "compare" (u32.const 65528) (u32.const 2)) (u32.const 2))
(assert_return (invoke "add8" (u32.const 65535)) (u64.const 0))
(assert_return (invoke "compare16" (u32.const 65534) (u64.const 0xff00)) (u64.const 0xff00))
(assert_return (invoke "exchange" (u32.const 65528)) (u64.const 0x004d_004d_0000_0006))
(assert_return (invoke "store" (u32.const 65528) (u64.const 3)))
(assert_return (invoke "load" (u32.const 65528)) (u64.const 3))
(assert_return (invoke "notify" (u32.const 65532)) (u32.const 0))
(assert_return (invoke "after" (u32.const 0)) (u32.const 238))

(component instance $i $atomics)
(assert_trap (invoke "add" (u32.const 65536)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "add" (u32.const 65530)) "unaligned atomic")

(component instance $i $atomics)
(assert_trap (invoke "add8" (u32.const 65536)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "exchange" (u32.const 65536)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "compare" (u32.const 65532) (u32.const 0)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "compare16" (u32.const 65536) (u64.const 0)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "compare16" (u32.const 65535) (u64.const 0)) "unaligned atomic")

(component instance $i $atomics)
(assert_trap (invoke "load" (u32.const 65536)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "load" (u32.const 65532)) "unaligned atomic")

(component instance $i $atomics)
(assert_trap (invoke "load-far" (u32.const 0)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "load-far" (u32.const 8)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "load-far" (u32.const 1)) "unaligned atomic")

(component instance $i $atomics)
(assert_trap (invoke "store" (u32.const 0xffff_fff8) (u64.const 1)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "notify" (u32.const 65536)) "out of bounds memory access")

(component instance $i $atomics)
(assert_trap (invoke "notify" (u32.const 2)) "unaligned atomic")

(component instance $i $atomics)
(assert_trap (invoke "wait32" (u32.const 65528)) "atomic wait on non-shared memory")

(component instance $i $atomics)
(assert_trap (invoke "wait64" (u32.const 65528)) "atomic wait on non-shared memory")
