;; A record that holds a string, defined in one interface and used in another: the type reaches the consumer
;; by an alias of an export, and pointers inside it must still be found.

(component
  (component $Types
    (type $person' (record (field "id" u32) (field "name" string) (field "age" u8)))
    (export "person" (type $person')))
  (component $Provider
    (import "types" (instance $types
      (type $person' (record (field "id" u32) (field "name" string) (field "age" u8)))
      (export "person" (type (eq $person')))))
    (alias export $types "person" (type $person))
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
      ;; The name's last byte, plus id, plus age.
      (func (export "check") (param $id i32) (param $ptr i32) (param $len i32) (param $age i32) (result i32)
        (i32.add (local.get $id)
          (i32.add (local.get $age)
            (i32.load8_u (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 1))))))
      ;; A person at 16: id 7, name at 64, age 200.
      (data (i32.const 16) "\07\00\00\00\40\00\00\00\05\00\00\00\c8\00\00\00")
      (data (i32.const 64) "Ada L")
      (func (export "make") (result i32) (i32.const 16)))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func $check (param "p" $person) (result u32) (canon lift (core func $m "check") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func $make (result $person) (canon lift (core func $m "make") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (instance $i (export "person" (type $person)) (export "check" (func $check)) (export "make" (func $make)))
    (export "people" (instance $i)))
  (component $Consumer
    (import "types" (instance $types
      (type $person' (record (field "id" u32) (field "name" string) (field "age" u8)))
      (export "person" (type (eq $person')))))
    (alias export $types "person" (type $person))
    (import "people" (instance $people
      (alias outer 1 $person (type $person'))
      (export "person" (type $person (eq $person')))
      (export "check" (func (param "p" $person) (result u32)))
      (export "make" (func (result $person)))))
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
    (core func $check (canon lower (func $people "check") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $make (canon lower (func $people "make") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "libc" "memory" (memory 1))
      (import "" "check" (func $check (param i32 i32 i32 i32) (result i32)))
      (import "" "make" (func $make (param i32)))
      (data (i32.const 100) "Grace")
      (func (export "run") (result i32)
        (call $check (i32.const 1000) (i32.const 100) (i32.const 5) (i32.const 30)))
      (func (export "relay") (result i32)
        (call $make (i32.const 512))
        (i32.const 512)))
    (core instance $m (instantiate $M (with "libc" (instance $libc))
      (with "" (instance (export "check" (func $check)) (export "make" (func $make))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (export $person_out "person" (type $person))
    (func (export "relay") (result $person_out) (canon lift (core func $m "relay") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (instance $types (instantiate $Types))
  (instance $provider (instantiate $Provider (with "types" (instance $types))))
  (alias export $provider "people" (instance $people))
  (instance $consumer (instantiate $Consumer
    (with "types" (instance $types)) (with "people" (instance $people))))
  (alias export $consumer "person" (type $person))
  (export $person_out "person" (type $person))
  (export "run" (func $consumer "run"))
  (export "relay" (func $consumer "relay") (func (result $person_out))))

(assert_return (invoke "run") (u32.const 1131))
(assert_return (invoke "relay")
  (record.const (field "id" u32.const 7) (field "name" str.const "Ada L") (field "age" u8.const 200)))
