;; result<list<string>, u32>: the payload of ok holds pointers two deep, that of err none at all.

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
    (core module $M
      (import "libc" "memory" (memory 1))
      (data (i32.const 16) "\00\00\00\00\40\00\00\00\03\00\00\00")
      (data (i32.const 64) "\80\00\00\00\03\00\00\00\a0\00\00\00\06\00\00\00\c0\00\00\00\00\00\00\00")
      (data (i32.const 128) "one")
      (data (i32.const 160) "twelve")
      (data (i32.const 192) "")
      (func (export "make") (result i32) (i32.const 16)))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "make") (result (result (list string) (error u32)))
      (canon lift (core func $m "make") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Consumer
    (import "make" (func $make (result (result (list string) (error u32)))))
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
    (core func $make (canon lower (func $make) string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "" "make" (func $make (param i32)))
      (func (export "relay") (result i32) (call $make (i32.const 512)) (i32.const 512)))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make))))))
    (func (export "relay") (result (result (list string) (error u32)))
      (canon lift (core func $m "relay") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "make" (func $provider "make"))))
  (export "relay" (func $consumer "relay")))

(assert_return (invoke "relay") (result.ok (list.const (str.const "one") (str.const "twelve") (str.const ""))))

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
    (core module $M
      (import "libc" "memory" (memory 1))
      (data (i32.const 16) "\01\00\00\00\4d\00\00\00")
      (func (export "make") (result i32) (i32.const 16)))
    (core instance $m (instantiate $M (with "libc" (instance $libc))))
    (func (export "make") (result (result (list string) (error u32)))
      (canon lift (core func $m "make") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (component $Consumer
    (import "make" (func $make (result (result (list string) (error u32)))))
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
    (core func $make (canon lower (func $make) string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $M
      (import "" "make" (func $make (param i32)))
      (func (export "relay") (result i32) (call $make (i32.const 512)) (i32.const 512)))
    (core instance $m (instantiate $M (with "" (instance (export "make" (func $make))))))
    (func (export "relay") (result (result (list string) (error u32)))
      (canon lift (core func $m "relay") string-encoding=utf8 (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "make" (func $provider "make"))))
  (export "relay" (func $consumer "relay")))

(assert_return (invoke "relay") (result.err (u32.const 77)))
