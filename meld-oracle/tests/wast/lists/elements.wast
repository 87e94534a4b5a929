;; Lists of everything (CanonicalABI.md, load_list_from_range, store_list_into_range): a list is written byte by
;; byte into the caller's memory and the callee answers with what it finds in its own.

;; Numbers are copied as they are.
(component definition $u8
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list u8)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list u8)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\01\02\03\04\05\06\07\08\09"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $u8)
(assert_return (invoke "f" (u32.const 64) (u32.const 8)) (u64.const 0x807060504030201))
(component instance $i $u8)
(assert_return (invoke "f" (u32.const 65) (u32.const 8)) (u64.const 0x908070605040302))
(component instance $i $u8)
(assert_return (invoke "f" (u32.const 65533) (u32.const 3)) (u64.const 0x0))
(component instance $i $u8)
(assert_trap (invoke "f" (u32.const 65533) (u32.const 4)) "list content out-of-bounds")
(component instance $i $u8)
(assert_return (invoke "f" (u32.const 0) (u32.const 0)) (u64.const 0x0))

(component definition $s16
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list s16)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list s16)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\ff\ff\00\80\01\00\02\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $s16)
(assert_return (invoke "f" (u32.const 64) (u32.const 4)) (u64.const 0x200018000ffff))
(component instance $i $s16)
(assert_trap (invoke "f" (u32.const 65) (u32.const 1)) "list pointer is not aligned")
(component instance $i $s16)
(assert_trap (invoke "f" (u32.const 65) (u32.const 0)) "list pointer is not aligned")

(component definition $f32
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list f32)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list f32)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\00\80\7f\00\00\00\80"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $f32)
(assert_return (invoke "f" (u32.const 64) (u32.const 2)) (u64.const 0x800000007f800000))
(component instance $i $f32)
(assert_trap (invoke "f" (u32.const 66) (u32.const 1)) "list pointer is not aligned")

(component definition $s64
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list s64)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list s64)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\01\02\03\04\05\06\07\88"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $s64)
(assert_return (invoke "f" (u32.const 64) (u32.const 1)) (u64.const 0x8807060504030201))
(component instance $i $s64)
(assert_trap (invoke "f" (u32.const 68) (u32.const 1)) "list pointer is not aligned")
(component instance $i $s64)
(assert_return (invoke "f" (u32.const 65528) (u32.const 1)) (u64.const 0x0))
(component instance $i $s64)
(assert_trap (invoke "f" (u32.const 65528) (u32.const 2)) "list content out-of-bounds")
(component instance $i $s64)
(assert_trap (invoke "f" (u32.const 0) (u32.const 0x2000_0000)) "list content out-of-bounds")
(component instance $i $s64)
(assert_trap (invoke "f" (u32.const 0) (u32.const 0xffff_ffff)) "list content out-of-bounds")

;; A bool is one or zero, whatever it was.
(component definition $bool
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list bool)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list bool)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\01\02\80\ff\00\01\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $bool)
(assert_return (invoke "f" (u32.const 64) (u32.const 8)) (u64.const 0x1000101010100))

;; A character is checked, each of them.
(component definition $char
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list char)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list char)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\61\00\00\00\ff\ff\10\00\00\d8\00\00\00\00\11\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $char)
(assert_return (invoke "f" (u32.const 64) (u32.const 2)) (u64.const 0x10ffff00000061))
(component instance $i $char)
(assert_trap (invoke "f" (u32.const 64) (u32.const 3)) "`char` bit pattern")
(component instance $i $char)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "`char` bit pattern")
(component instance $i $char)
(assert_trap (invoke "f" (u32.const 76) (u32.const 1)) "`char` bit pattern")

;; So is a case.
(component definition $enum
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
    (type $e' (enum "a" "b" "c"))
    (export $e "e" (type $e'))
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list $e)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (type $e' (enum "a" "b" "c"))
      (export "e" (type $e (eq $e')))
      (export "f" (func (param "l" (list $e)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\01\02\01\00\02\02\02\03"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $enum)
(assert_return (invoke "f" (u32.const 64) (u32.const 8)) (u64.const 0x202020001020100))
(component instance $i $enum)
(assert_trap (invoke "f" (u32.const 64) (u32.const 9)) "discriminant")
(component instance $i $enum)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "discriminant")

;; 257 cases take two bytes.
(component definition $enum-257
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
    (type $e' (enum "c0" "c1" "c2" "c3" "c4" "c5" "c6" "c7" "c8" "c9" "c10" "c11" "c12" "c13" "c14" "c15" "c16" "c17" "c18" "c19" "c20" "c21" "c22" "c23" "c24" "c25" "c26" "c27" "c28" "c29" "c30" "c31" "c32" "c33" "c34" "c35" "c36" "c37" "c38" "c39" "c40" "c41" "c42" "c43" "c44" "c45" "c46" "c47" "c48" "c49" "c50" "c51" "c52" "c53" "c54" "c55" "c56" "c57" "c58" "c59" "c60" "c61" "c62" "c63" "c64" "c65" "c66" "c67" "c68" "c69" "c70" "c71" "c72" "c73" "c74" "c75" "c76" "c77" "c78" "c79" "c80" "c81" "c82" "c83" "c84" "c85" "c86" "c87" "c88" "c89" "c90" "c91" "c92" "c93" "c94" "c95" "c96" "c97" "c98" "c99" "c100" "c101" "c102" "c103" "c104" "c105" "c106" "c107" "c108" "c109" "c110" "c111" "c112" "c113" "c114" "c115" "c116" "c117" "c118" "c119" "c120" "c121" "c122" "c123" "c124" "c125" "c126" "c127" "c128" "c129" "c130" "c131" "c132" "c133" "c134" "c135" "c136" "c137" "c138" "c139" "c140" "c141" "c142" "c143" "c144" "c145" "c146" "c147" "c148" "c149" "c150" "c151" "c152" "c153" "c154" "c155" "c156" "c157" "c158" "c159" "c160" "c161" "c162" "c163" "c164" "c165" "c166" "c167" "c168" "c169" "c170" "c171" "c172" "c173" "c174" "c175" "c176" "c177" "c178" "c179" "c180" "c181" "c182" "c183" "c184" "c185" "c186" "c187" "c188" "c189" "c190" "c191" "c192" "c193" "c194" "c195" "c196" "c197" "c198" "c199" "c200" "c201" "c202" "c203" "c204" "c205" "c206" "c207" "c208" "c209" "c210" "c211" "c212" "c213" "c214" "c215" "c216" "c217" "c218" "c219" "c220" "c221" "c222" "c223" "c224" "c225" "c226" "c227" "c228" "c229" "c230" "c231" "c232" "c233" "c234" "c235" "c236" "c237" "c238" "c239" "c240" "c241" "c242" "c243" "c244" "c245" "c246" "c247" "c248" "c249" "c250" "c251" "c252" "c253" "c254" "c255" "c256"))
    (export $e "e" (type $e'))
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list $e)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (type $e' (enum "c0" "c1" "c2" "c3" "c4" "c5" "c6" "c7" "c8" "c9" "c10" "c11" "c12" "c13" "c14" "c15" "c16" "c17" "c18" "c19" "c20" "c21" "c22" "c23" "c24" "c25" "c26" "c27" "c28" "c29" "c30" "c31" "c32" "c33" "c34" "c35" "c36" "c37" "c38" "c39" "c40" "c41" "c42" "c43" "c44" "c45" "c46" "c47" "c48" "c49" "c50" "c51" "c52" "c53" "c54" "c55" "c56" "c57" "c58" "c59" "c60" "c61" "c62" "c63" "c64" "c65" "c66" "c67" "c68" "c69" "c70" "c71" "c72" "c73" "c74" "c75" "c76" "c77" "c78" "c79" "c80" "c81" "c82" "c83" "c84" "c85" "c86" "c87" "c88" "c89" "c90" "c91" "c92" "c93" "c94" "c95" "c96" "c97" "c98" "c99" "c100" "c101" "c102" "c103" "c104" "c105" "c106" "c107" "c108" "c109" "c110" "c111" "c112" "c113" "c114" "c115" "c116" "c117" "c118" "c119" "c120" "c121" "c122" "c123" "c124" "c125" "c126" "c127" "c128" "c129" "c130" "c131" "c132" "c133" "c134" "c135" "c136" "c137" "c138" "c139" "c140" "c141" "c142" "c143" "c144" "c145" "c146" "c147" "c148" "c149" "c150" "c151" "c152" "c153" "c154" "c155" "c156" "c157" "c158" "c159" "c160" "c161" "c162" "c163" "c164" "c165" "c166" "c167" "c168" "c169" "c170" "c171" "c172" "c173" "c174" "c175" "c176" "c177" "c178" "c179" "c180" "c181" "c182" "c183" "c184" "c185" "c186" "c187" "c188" "c189" "c190" "c191" "c192" "c193" "c194" "c195" "c196" "c197" "c198" "c199" "c200" "c201" "c202" "c203" "c204" "c205" "c206" "c207" "c208" "c209" "c210" "c211" "c212" "c213" "c214" "c215" "c216" "c217" "c218" "c219" "c220" "c221" "c222" "c223" "c224" "c225" "c226" "c227" "c228" "c229" "c230" "c231" "c232" "c233" "c234" "c235" "c236" "c237" "c238" "c239" "c240" "c241" "c242" "c243" "c244" "c245" "c246" "c247" "c248" "c249" "c250" "c251" "c252" "c253" "c254" "c255" "c256"))
      (export "e" (type $e (eq $e')))
      (export "f" (func (param "l" (list $e)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\01\00\00\01\00\ff\00\01\01"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $enum-257)
(assert_return (invoke "f" (u32.const 64) (u32.const 4)) (u64.const 0xff000100000100))
(component instance $i $enum-257)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "discriminant")
(component instance $i $enum-257)
(assert_trap (invoke "f" (u32.const 65) (u32.const 1)) "list pointer is not aligned")

;; Flags that are not there are not handed on.
(component definition $flags-9
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
    (type $g' (flags "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8"))
    (export $g "g" (type $g'))
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list $g)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (type $g' (flags "f0" "f1" "f2" "f3" "f4" "f5" "f6" "f7" "f8"))
      (export "g" (type $g (eq $g')))
      (export "f" (func (param "l" (list $g)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\ff\ff\00\01\55\aa\00\fe"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $flags-9)
(assert_return (invoke "f" (u32.const 64) (u32.const 4)) (u64.const 0x55010001ff))

(component definition $flags-3
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
    (type $g' (flags "a" "b" "c"))
    (export $g "g" (type $g'))
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list $g)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (type $g' (flags "a" "b" "c"))
      (export "g" (type $g (eq $g')))
      (export "f" (func (param "l" (list $g)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\ff\08\07\0d\00\01\02\04"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $flags-3)
(assert_return (invoke "f" (u32.const 64) (u32.const 8)) (u64.const 0x402010005070007))

;; Records have padding, which is nobody's.
(component definition $record
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
    (type $r' (record (field "a" u8) (field "b" u16) (field "c" bool)))
    (export $r "r" (type $r'))
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list $r)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (type $r' (record (field "a" u8) (field "b" u16) (field "c" bool)))
      (export "r" (type $r (eq $r')))
      (export "f" (func (param "l" (list $r)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\01\00\02\03\ff\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $record)
(assert_return (invoke "f" (u32.const 64) (u32.const 1)) (u64.const 0x103020001))
(component instance $i $record)
(assert_trap (invoke "f" (u32.const 65) (u32.const 1)) "list pointer is not aligned")

(component definition $option-u8
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list (option u8))) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list (option u8))) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\00\01\07\01\09\02\01"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $option-u8)
(assert_return (invoke "f" (u32.const 66) (u32.const 2)) (u64.const 0x9010701))
(component instance $i $option-u8)
(assert_trap (invoke "f" (u32.const 64) (u32.const 4)) "discriminant")

(component definition $result-empty
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list (result))) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list (result))) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\00\01\01\00\00\00\01\01\02"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $result-empty)
(assert_return (invoke "f" (u32.const 64) (u32.const 8)) (u64.const 0x101000000010100))
(component instance $i $result-empty)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "discriminant")

;; A string in a list: here only whether its pointer is looked at.
(component definition $string
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list string)) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list string)) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\80\00\00\00\00\00\00\00\00\00\01\00\01\00\00\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $string)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "string content out-of-bounds")
(component instance $i $string)
(assert_return (invoke "f" (u32.const 64) (u32.const 0)) (u64.const 0x0))

(component definition $list-u16
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
    (core module $M
      (import "libc" "memory" (memory 1))
      ;; The bytes from the list on, eight of them.
      (func (export "f") (param $p i32) (param $n i32) (result i64) (i64.load (local.get $p))))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "f") (param "l" (list (list u16))) (result u64) (canon lift (core func $m "f") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Caller
    (import "p" (instance $p
      (export "f" (func (param "l" (list (list u16))) (result u64)))))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 64) "\81\00\00\00\01\00\00\00\fe\ff\00\00\02\00\00\00"))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $p "f") (memory (core memory $memory "memory"))))
    (func (export "f") (param "p" u32) (param "n" u32) (result u64) (canon lift (core func $f))))
  (instance $provider (instantiate $Provider))
  (instance $caller (instantiate $Caller (with "p" (instance $provider))))
  (export "f" (func $caller "f")))
(component instance $i $list-u16)
(assert_trap (invoke "f" (u32.const 64) (u32.const 1)) "list pointer is not aligned")
(component instance $i $list-u16)
(assert_trap (invoke "f" (u32.const 72) (u32.const 1)) "list content out-of-bounds")
