;; variant { text(string), number(u64), real(f32), pair(tuple<f32, f64>) }: the first slot joins i32, i64
;; and f32 to i64, the second i32 and f64 to i64. What a case does not use must arrive as zero.

(component
  (component $Provider
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 4096))
      (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
        (result i32)
        (local $ptr i32)
        (local.set $ptr
          (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                   (i32.sub (i32.const 0) (local.get $align))))
        (global.set $heap (i32.add (local.get $ptr) (local.get $size)))
        (memory.copy (local.get $ptr) (local.get $old)
          (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
        (local.get $ptr)))
    (core instance $libc (instantiate $Libc))
    (type $v' (variant (case "text" string) (case "number" u64) (case "real" f32) (case "pair" (tuple f32 f64)) (case "none")))
    (export $v "v" (type $v'))
    (core module $M
      (import "libc" "memory" (memory 1))
      (func (export "f") (param $case i32) (param $a i64) (param $b i64) (result i64)
        (block $none (block $pair (block $real (block $number (block $text
          (br_table $text $number $real $pair $none (local.get $case)))
          ;; text: the first byte times 1000 plus the length.
          (return (i64.add
            (i64.mul (i64.load8_u (i32.wrap_i64 (local.get $a))) (i64.const 1000))
            (local.get $b))))
          ;; number: itself, with the second slot zero.
          (return (i64.add (local.get $a) (i64.mul (local.get $b) (i64.const 1000000)))))
          ;; real: the bits, with nothing above them.
          (return (i64.add (local.get $a) (local.get $b))))
          (return (i64.add (local.get $a) (i64.shr_u (local.get $b) (i64.const 32)))))
        (i64.add (i64.const 99) (i64.or (local.get $a) (local.get $b)))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "v" $v) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Consumer
    (import "p" (instance $p
      (type $v' (variant (case "text" string) (case "number" u64) (case "real" f32) (case "pair" (tuple f32 f64)) (case "none")))
      (export "v" (type $v (eq $v')))
      (export "f" (func (param "v" $v) (result u64)))))
    (core module $Libc
      (memory (export "memory") 1)
      (global $heap (mut i32) (i32.const 2048))
      (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
        (result i32)
        (local $ptr i32)
        (local.set $ptr
          (i32.and (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                   (i32.sub (i32.const 0) (local.get $align))))
        (global.set $heap (i32.add (local.get $ptr) (local.get $size)))
        (memory.copy (local.get $ptr) (local.get $old)
          (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
        (local.get $ptr)))
    (core instance $libc (instantiate $Libc))
    (core func $f (canon lower (func $p "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "libc" "memory" (memory 1))
      (import "" "f" (func $f (param i32 i64 i64) (result i64)))
      (data (i32.const 64) "hey")
      (func (export "f") (param i32 i64 i64) (result i64)
        (call $f (local.get 0) (local.get 1) (local.get 2))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "f" (func $f))))))
    (func (export "f") (param "c" u32) (param "a" u64) (param "b" u64) (result u64)
      (canon lift (core func $m "f"))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "p" (instance $provider))))
  (export "f" (func $consumer "f")))

;; Bits above a joined pointer, length or float are ignored.
(assert_return (invoke "f" (u32.const 0) (u64.const 64) (u64.const 3)) (u64.const 104003))
(assert_return (invoke "f" (u32.const 0) (u64.const 0xffff_ffff_0000_0040) (u64.const 0x1_0000_0003)) (u64.const 104003))
(assert_return (invoke "f" (u32.const 1) (u64.const 0x1234_5678_9abc_def0) (u64.const 77)) (u64.const 0x1234_5678_9abc_def0))
(assert_return (invoke "f" (u32.const 2) (u64.const 0xffff_ffff_3fc0_0000) (u64.const 77)) (u64.const 0x3fc0_0000))
(assert_return (invoke "f" (u32.const 3) (u64.const 0x3fc0_0000) (u64.const 0x4010_0000_0000_0000)) (u64.const 0x7fd0_0000))
(assert_return (invoke "f" (u32.const 4) (u64.const 1) (u64.const 2)) (u64.const 99))
(assert_trap (invoke "f" (u32.const 5) (u64.const 0) (u64.const 0)) "discriminant")
