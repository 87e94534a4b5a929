;; Core instructions and types that a merger has to renumber, run after merging: recursive types, references,
;; exceptions, tail calls, SIMD, multi-value blocks, 64-bit memories, names of locals and labels aside.

;; Structures and arrays: equal recursion groups in two modules are one type, so a reference may travel.
(component
  (core module $Maker
    (rec
      (type $list (struct (field $head i32) (field $tail (ref null $list))))
      (type $array (array (mut i16))))
    (func (export "cons") (param i32) (param (ref null $list)) (result (ref $list))
      (struct.new $list (local.get 0) (local.get 1)))
    (func (export "array") (param i32) (result (ref $array))
      (array.new $array (i32.const 7) (local.get 0))))
  (core module $User
    ;; Other types come first here.
    (type $unrelated (func (param f64) (result f64)))
    (type $box (struct (field (mut i64))))
    (rec
      (type $list (struct (field $head i32) (field $tail (ref null $list))))
      (type $array (array (mut i16))))
    (import "m" "cons" (func $cons (param i32) (param (ref null $list)) (result (ref $list))))
    (import "m" "array" (func $array (param i32) (result (ref $array))))
    (func $sum (param $l (ref null $list)) (result i32)
      (if (result i32) (ref.is_null (local.get $l))
        (then (i32.const 0))
        (else
          (i32.add (struct.get $list $head (local.get $l))
            (call $sum (struct.get $list $tail (local.get $l)))))))
    (func (export "sum") (param i32) (result i32)
      (call $sum
        (call $cons (local.get 0)
          (call $cons (i32.const 20) (call $cons (i32.const 1) (ref.null $list))))))
    (func (export "cast") (param i32) (result i32)
      (local $any anyref)
      (local.set $any
        (if (result anyref) (local.get 0)
          (then (call $array (i32.const 3)))
          (else (struct.new $box (i64.const 5)))))
      (if (result i32) (ref.test (ref $array) (local.get $any))
        (then
          (array.set $array (ref.cast (ref $array) (local.get $any)) (i32.const 1) (i32.const 0x1_8000))
          (array.get_s $array (ref.cast (ref $array) (local.get $any)) (i32.const 1)))
        (else (i32.wrap_i64 (struct.get $box 0 (ref.cast (ref $box) (local.get $any))))))))
  (core instance $maker (instantiate $Maker))
  (core instance $user (instantiate $User (with "m" (instance $maker))))
  (func (export "sum") (param "x" u32) (result u32) (canon lift (core func $user "sum")))
  (func (export "cast") (param "x" u32) (result s32) (canon lift (core func $user "cast"))))

(assert_return (invoke "sum" (u32.const 100)) (u32.const 121))
(assert_return (invoke "cast" (u32.const 1)) (s32.const -32768))
(assert_return (invoke "cast" (u32.const 0)) (s32.const 5))

;; Function subtypes: a table of the supertype, filled by another module.
(component
  (core module $Table
    (type $super (sub (func (result anyref))))
    (type $sub (sub $super (func (result i31ref))))
    (table (export "t") 2 (ref null $super)))
  (core module $Fill
    (type $pad (func))
    (type $super (sub (func (result anyref))))
    (type $sub (sub $super (func (result i31ref))))
    (import "t" "t" (table $t 2 (ref null $super)))
    (func $f (type $sub) (ref.i31 (i32.const 77)))
    (elem (table $t) (i32.const 1) (ref null $super) (ref.func $f))
    (func (export "call") (param i32) (result i32)
      (i31.get_s (ref.cast (ref i31) (call_indirect $t (type $super) (local.get 0)))))
    (func (export "is-sub") (param i32) (result i32)
      (ref.test (ref $sub) (table.get $t (local.get 0)))))
  (core instance $table (instantiate $Table))
  (core instance $fill (instantiate $Fill (with "t" (instance $table))))
  (func (export "call") (param "i" u32) (result u32) (canon lift (core func $fill "call")))
  (func (export "is-sub") (param "i" u32) (result u32) (canon lift (core func $fill "is-sub"))))

(assert_return (invoke "call" (u32.const 1)) (u32.const 77))
(assert_return (invoke "is-sub" (u32.const 1)) (u32.const 1))
(assert_return (invoke "is-sub" (u32.const 0)) (u32.const 0))

;; Tail calls through an import and through an adapter.
(component
  (component $Even
    (core module $M
      (func (export "dec") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M))
    (func (export "dec") (param "x" u32) (result u32) (canon lift (core func $m "dec"))))
  (component $Loop
    (import "dec" (func $dec (param "x" u32) (result u32)))
    (core func $dec' (canon lower (func $dec)))
    (core module $M
      (type $f (func (param i32) (result i32)))
      (import "" "dec" (func $dec (type $f)))
      (table funcref (elem $even $odd $dec))
      (func $even (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (return_call $odd (call $dec (local.get 0))))
      (func $odd (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (return_call_indirect (type $f) (call $dec (local.get 0)) (i32.const 0)))
      (func (export "even") (param i32) (result i32)
        (return_call $even (i32.and (local.get 0) (i32.const 0x1_ffff))))
      (func (export "dec") (param i32) (result i32) (return_call $dec (local.get 0)))
      (func (export "dec-ref") (param i32) (result i32) (return_call_ref $f (local.get 0) (ref.func $dec))))
    (core instance $m (instantiate $M (with "" (instance (export "dec" (func $dec'))))))
    (func (export "even") (param "x" u32) (result u32) (canon lift (core func $m "even")))
    (func (export "dec") (param "x" u32) (result u32) (canon lift (core func $m "dec")))
    (func (export "dec-ref") (param "x" u32) (result u32) (canon lift (core func $m "dec-ref"))))
  (instance $e (instantiate $Even))
  (instance $l (instantiate $Loop (with "dec" (func $e "dec"))))
  (export "even" (func $l "even"))
  (export "dec" (func $l "dec"))
  (export "dec-ref" (func $l "dec-ref")))

(assert_return (invoke "even" (u32.const 100000)) (u32.const 1))
(assert_return (invoke "even" (u32.const 100001)) (u32.const 0))
(assert_return (invoke "dec" (u32.const 5)) (u32.const 4))
(assert_return (invoke "dec-ref" (u32.const 5)) (u32.const 4))

;; SIMD, wide arithmetic, saturating and sign-extending instructions: bodies are handed on byte by byte.
(component
  (core module $M
    (import "g" "v" (global $v v128))
    (import "g" "m" (memory 1))
    (func (export "lanes") (param i32) (result i32)
      (i32x4.extract_lane 2 (i32x4.add (global.get $v) (i32x4.splat (local.get 0)))))
    (func (export "shuffle") (result i32)
      (v128.store offset=16 align=1 (i32.const 3) (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0
        (global.get $v) (global.get $v)))
      (i32.load offset=28 (i32.const 3)))
    (func (export "ext") (param i64) (result i64) (i64.extend16_s (local.get 0))))
  (core module $G
    (memory (export "m") 1)
    (global (export "v") v128 (v128.const i32x4 1 2 3 4)))
  (core instance $g (instantiate $G))
  (core instance $m (instantiate $M (with "g" (instance $g))))
  (func (export "lanes") (param "x" u32) (result u32) (canon lift (core func $m "lanes")))
  (func (export "shuffle") (result u32) (canon lift (core func $m "shuffle")))
  (func (export "ext") (param "x" s64) (result s64) (canon lift (core func $m "ext"))))

(assert_return (invoke "lanes" (u32.const 10)) (u32.const 13))
(assert_return (invoke "shuffle") (u32.const 0x0100_0000))
(assert_return (invoke "ext" (s64.const 0x1_8000)) (s64.const -32768))

;; A 64-bit memory beside a 32-bit one, and a table with 64-bit indices.
(component
  (core module $M
    (memory $small 1)
    (memory $big i64 1)
    (table $t i64 2 funcref)
    (data (memory $big) (i64.const 5) "\07")
    (elem (table $t) (i64.const 1) func $f)
    (func $f (result i32) (i32.const 11))
    (func (export "run") (result i32)
      (memory.copy $small $big (i32.const 1) (i64.const 5) (i32.const 1))
      (i32.add
        (i32.add (i32.load8_u $small (i32.const 1)) (call_indirect $t (result i32) (i64.const 1)))
        (i32.wrap_i64 (memory.grow $big (i64.const 1))))))
  (core instance $m (instantiate $M))
  (func (export "run") (result u32) (canon lift (core func $m "run"))))

(assert_return (invoke "run") (u32.const 19))

;; Initializers that compute, and one global by way of another.
(component
  (core module $A
    (global $a (export "a") i32 (i32.const 5))
    (global (export "b") i32 (i32.mul (global.get $a) (i32.const 3)))
    (global (export "f") funcref (ref.func $f))
    (func $f (result i32) (i32.const 1234)))
  (core module $B
    (import "a" "a" (global $a i32))
    (import "a" "b" (global $b i32))
    (import "a" "f" (global $f funcref))
    (global $c i32 (i32.add (global.get $a) (i32.sub (global.get $b) (i32.const 1))))
    (global $d i64 (i64.const 0x7fff_ffff_ffff_ffff))
    (table $t 3 funcref (global.get $f))
    (memory 1)
    (data (offset (i32.add (global.get $c) (i32.const 1))) "\55")
    (elem (table $t) (offset (i32.sub (global.get $a) (i32.const 3))) funcref (item (global.get $f)))
    (func (export "c") (result i32) (i32.add (global.get $c) (i32.load8_u (i32.const 20))))
    (func (export "t") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))
  (core instance $a (instantiate $A))
  (core instance $b (instantiate $B (with "a" (instance $a))))
  (func (export "c") (result u32) (canon lift (core func $b "c")))
  (func (export "t") (param "i" u32) (result u32) (canon lift (core func $b "t"))))

(assert_return (invoke "c") (u32.const 104))
(assert_return (invoke "t" (u32.const 0)) (u32.const 1234))
(assert_return (invoke "t" (u32.const 2)) (u32.const 1234))
