;; Instantiation is a sequence (Explainer.md, "Instance Definitions"; the core specification, "Instantiation"):
;; segments, then start, one instance after the other, and a trap on the way is a trap of the whole.

;; A start function sees the segments of what came before, and not those of what comes after.
(component
  (core module $Mem (memory (export "m") 1) (global (export "seen") (mut i32) (i32.const 0)))
  (core module $First
    (import "m" "m" (memory 1))
    (import "m" "seen" (global $seen (mut i32)))
    (data (i32.const 0) "\01")
    (func $start
      ;; The second module's byte is not there yet.
      (global.set $seen (i32.load16_u (i32.const 0))))
    (start $start))
  (core module $Second
    (import "m" "m" (memory 1))
    (data (i32.const 1) "\02"))
  (core module $Third
    (import "m" "m" (memory 1))
    (import "m" "seen" (global $seen (mut i32)))
    ;; Written over by a segment of its own, before its start.
    (data (i32.const 0) "\03")
    (func $start
      (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 0x10000)) (i32.load16_u (i32.const 0)))))
    (start $start)
    (func (export "seen") (result i32) (global.get $seen)))
  (core instance $m (instantiate $Mem))
  (core instance (instantiate $First (with "m" (instance $m))))
  (core instance (instantiate $Second (with "m" (instance $m))))
  (core instance $t (instantiate $Third (with "m" (instance $m))))
  (func (export "seen") (result u32) (canon lift (core func $t "seen"))))

(assert_return (invoke "seen") (u32.const 0x0001_0203))

;; The same with tables: a start function calls through an element that is replaced later.
(component
  (core module $Tab (table (export "t") 1 funcref) (global (export "seen") (mut i32) (i32.const 0)))
  (core module $First
    (import "m" "t" (table 1 funcref))
    (import "m" "seen" (global $seen (mut i32)))
    (func $one (result i32) (i32.const 1))
    (elem (i32.const 0) func $one)
    (func $start (global.set $seen (call_indirect (result i32) (i32.const 0))))
    (start $start))
  (core module $Second
    (import "m" "t" (table 1 funcref))
    (import "m" "seen" (global $seen (mut i32)))
    (func $two (result i32) (i32.const 2))
    (elem (i32.const 0) func $two)
    (func (export "seen") (result i32)
      (i32.add (i32.mul (global.get $seen) (i32.const 10)) (call_indirect (result i32) (i32.const 0)))))
  (core instance $m (instantiate $Tab))
  (core instance (instantiate $First (with "m" (instance $m))))
  (core instance $s (instantiate $Second (with "m" (instance $m))))
  (func (export "seen") (result u32) (canon lift (core func $s "seen"))))

(assert_return (invoke "seen") (u32.const 12))

;; A start function that grows what a later segment needs.
(component
  (core module $Mem (memory (export "m") 1 3) (table (export "t") 1 4 funcref))
  (core module $Grow
    (import "m" "m" (memory 1))
    (import "m" "t" (table 1 funcref))
    (func $start
      (drop (memory.grow (i32.const 1)))
      (drop (table.grow (ref.null func) (i32.const 1))))
    (start $start))
  (core module $Use
    (import "m" "m" (memory 1))
    (import "m" "t" (table 1 funcref))
    (data (i32.const 0x1_0000) "\2a")
    (func $f (result i32) (i32.load8_u (i32.const 0x1_0000)))
    (elem (i32.const 1) func $f)
    (func (export "run") (result i32) (call_indirect (result i32) (i32.const 1))))
  (core instance $m (instantiate $Mem))
  (core instance (instantiate $Grow (with "m" (instance $m))))
  (core instance $u (instantiate $Use (with "m" (instance $m))))
  (func (export "run") (result u32) (canon lift (core func $u "run"))))

(assert_return (invoke "run") (u32.const 42))

;; A start function that calls into another component, with memory on both sides.
(component
  (component $Log
    (core module $M
      (memory (export "memory") 1)
      (global $at (mut i32) (i32.const 100))
      (global $total (mut i32) (i32.const 0))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $at)
        (global.set $at (i32.add (global.get $at) (local.get 3))))
      (func (export "put") (param i32 i32)
        (global.set $total
          (i32.add (i32.mul (global.get $total) (i32.const 100))
            (i32.sub (i32.load8_u (local.get 0)) (i32.const 96)))))
      (func (export "total") (result i32) (global.get $total)))
    (core instance $m (instantiate $M))
    (func (export "put") (param "s" string)
      (canon lift (core func $m "put") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "total") (result u32) (canon lift (core func $m "total"))))
  (component $Starter
    (import "put" (func $put (param "s" string)))
    (core module $Mem (memory (export "memory") 1))
    (core instance $mem (instantiate $Mem))
    (core func $put' (canon lower (func $put) (memory (core memory $mem "memory"))))
    (core module $M
      (import "m" "memory" (memory 1))
      (import "" "put" (func $put (param i32 i32)))
      (data (i32.const 8) "abc")
      (func $start
        (call $put (i32.const 9) (i32.const 2))
        (call $put (i32.const 8) (i32.const 1)))
      (start $start))
    (core instance (instantiate $M (with "m" (instance $mem)) (with "" (instance (export "put" (func $put')))))))
  (instance $log (instantiate $Log))
  (instance (instantiate $Starter (with "put" (func $log "put"))))
  (export "total" (func $log "total")))

(assert_return (invoke "total") (u32.const 201))

;; Traps on the way.
(assert_trap
  (component
    (core module $M (func unreachable) (start 0))
    (core instance (instantiate $M)))
  "unreachable")

(assert_trap
  (component
    (core module $M (memory 1) (data (i32.const 0xffff) "ab"))
    (core instance (instantiate $M)))
  "out of bounds memory access")

(assert_trap
  (component
    (core module $M (table 1 funcref) (func $f) (elem (i32.const 1) func $f))
    (core instance (instantiate $M)))
  "out of bounds table access")

;; The trap of an earlier instance comes first.
(assert_trap
  (component
    (core module $Data (memory 1) (data (i32.const 0x1_0000) "a"))
    (core module $Start (func unreachable) (start 0))
    (core instance (instantiate $Start))
    (core instance (instantiate $Data)))
  "unreachable")
(assert_trap
  (component
    (core module $Data (memory 1) (data (i32.const 0x1_0000) "a"))
    (core module $Start (func unreachable) (start 0))
    (core instance (instantiate $Data))
    (core instance (instantiate $Start)))
  "out of bounds memory access")

;; A trap in an adapter during instantiation.
(assert_trap
  (component
    (component $C
      (core module $M (func (export "f") (param i32)))
      (core instance $m (instantiate $M))
      (func (export "f") (param "c" char) (canon lift (core func $m "f"))))
    (component $D
      (import "f" (func $f (param "c" char)))
      (core func $f' (canon lower (func $f)))
      (core module $M
        (import "" "f" (func $f (param i32)))
        (func $start (call $f (i32.const 0xd800)))
        (start $start))
      (core instance (instantiate $M (with "" (instance (export "f" (func $f')))))))
    (instance $c (instantiate $C))
    (instance (instantiate $D (with "f" (func $c "f")))))
  "`char` bit pattern")

;; Uninstantiated, none of it matters.
(component
  (core module $A (memory 1) (data (i32.const 0x1_0000) "a"))
  (core module $B (func unreachable) (start 0))
  (component $C
    (core module $M (func unreachable) (start 0))
    (core instance (instantiate $M)))
  (core module $Ok (func (export "f") (result i32) (i32.const 1)))
  (core instance $ok (instantiate $Ok))
  (func (export "f") (result u32) (canon lift (core func $ok "f"))))
(assert_return (invoke "f") (u32.const 1))
