;; A component that imports `demo:text/shout@1.0.0` and exports `greet: func(name: string) -> string`.
(component
  (import "demo:text/shout@1.0.0" (instance $text (export "shout" (func (param "text" string) (result string)))))
  (alias export $text "shout" (func $shout))

  ;; The memory is a module of its own: the lowered import writes to it, and the greeter imports both.
  (core module $memory
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 32))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $new i32)
      (local.set $new
        (i32.and
          (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $new) (local.get $size)))
      (memory.copy (local.get $new) (local.get $old) (local.get $old-size))
      (local.get $new))
    (func (export "reset") (param i32) (global.set $top (i32.const 32))))

  (core module $greeter
    (import "memory" "memory" (memory 1))
    (import "memory" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
    (import "text" "shout" (func $shout (param i32 i32 i32)))
    (data (i32.const 16) "Hello, ")

    ;; Returns the address of a pair of address and length.
    (func (export "greet") (param $name i32) (param $length i32) (result i32)
      (local $greeting i32) (local $loud i32)
      (call $shout (local.get $name) (local.get $length) (i32.const 0))
      (local.set $loud (i32.load (i32.const 0)))
      (local.set $length (i32.load (i32.const 4)))
      (local.set $greeting
        (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.add (local.get $length) (i32.const 8))))
      (memory.copy (local.get $greeting) (i32.const 16) (i32.const 7))
      (memory.copy (i32.add (local.get $greeting) (i32.const 7)) (local.get $loud) (local.get $length))
      (i32.store8 (i32.add (i32.add (local.get $greeting) (i32.const 7)) (local.get $length)) (i32.const 33))
      (i32.store (i32.const 8) (local.get $greeting))
      (i32.store (i32.const 12) (i32.add (local.get $length) (i32.const 8)))
      (i32.const 8)))

  (core instance $memory (instantiate $memory))
  (core func $lowered
    (canon lower (func $shout) (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core instance $imports (export "shout" (func $lowered)))
  (core instance $greeter
    (instantiate $greeter (with "memory" (instance $memory)) (with "text" (instance $imports))))
  (func (export "greet") (param "name" string) (result string)
    (canon lift (core func $greeter "greet")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")) (post-return (core func $memory "reset")))))
