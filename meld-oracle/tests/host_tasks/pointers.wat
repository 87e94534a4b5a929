;; `$P` gives a string to an asynchronous function of the host, and a place for the result. Beside it is a component with a larger memory.
;; SETS stands for code of it that uses a waitable set, and then the tasks of both are in the fused module; or for none.
(component
  (import "text" (func $text async (param "s" string) (result u32)))
  (component $Neighbour
    (core func $set-new (canon waitable-set.new))
    (core func $set-drop (canon waitable-set.drop))
    (core module $m
      (import "" "set-new" (func $set-new (result i32)))
      (import "" "set-drop" (func $set-drop (param i32)))
      (memory (export "memory") 4)
      (data (i32.const 0) "neighbour")
      (func (export "touch") (param i32 i32) (result i32)
        SETS
        (i32.load8_u (local.get 0)))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 512)))
    (core instance $i (instantiate $m (with "" (instance
      (export "set-new" (func $set-new)) (export "set-drop" (func $set-drop))))))
    (func (export "touch") (param "s" string) (result u32)
      (canon lift (core func $i "touch") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (component $P
    (import "text" (func $text async (param "s" string) (result u32)))
    (import "touch" (func $touch (param "s" string) (result u32)))
    (core module $Memory
      (memory (export "memory") 1)
      (data (i32.const 16) "text")
      (data (i32.const 48) "\ff\fe"))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $text (canon lower (func $text) async (memory (core memory $mem))))
    (core func $touch (canon lower (func $touch) (memory (core memory $mem))))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "text" (func $text (param i32 i32 i32) (result i32)))
      (import "" "touch" (func $touch (param i32 i32) (result i32)))
      (func (export "run") (param $at i32) (param $length i32) (param $out i32) (result i32)
        (if (i32.ne (call $touch (i32.const 16) (i32.const 4)) (i32.const 0x74)) (then unreachable))
        ;; The host answers at once.
        (if (i32.ne (call $text (local.get $at) (local.get $length) (local.get $out)) (i32.const 2)) (then unreachable))
        (i32.load (local.get $out))))
    (core instance $i (instantiate $m (with "" (instance
      (export "memory" (memory $mem)) (export "text" (func $text)) (export "touch" (func $touch))))))
    (func (export "run") async (param "at" u32) (param "length" u32) (param "out" u32) (result u32)
      (canon lift (core func $i "run"))))
  (instance $n (instantiate $Neighbour))
  (instance $p (instantiate $P (with "text" (func $text)) (with "touch" (func $n "touch"))))
  (export "run" (func $p "run")))
