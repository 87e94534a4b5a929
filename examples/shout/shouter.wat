;; A component that exports `demo:text/shout@1.0.0#shout: func(text: string) -> string`: ASCII letters in capitals.
(component
  (core module $shouter
    (memory (export "memory") 1)
    ;; Everything above `$top` is free; `reset` frees everything, once a call is over.
    (global $top (mut i32) (i32.const 16))

    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $new i32)
      (local.set $new
        (i32.and
          (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $new) (local.get $size)))
      (memory.copy (local.get $new) (local.get $old) (local.get $old-size))
      (local.get $new))

    (func (export "reset") (param i32) (global.set $top (i32.const 16)))

    ;; Works in place, and returns the address of a pair of address and length.
    (func (export "shout") (param $text i32) (param $length i32) (result i32)
      (local $i i32) (local $at i32)
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
          (local.set $at (i32.add (local.get $text) (local.get $i)))
          (if (i32.lt_u (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)) (i32.const 26))
            (then (i32.store8 (local.get $at) (i32.sub (i32.load8_u (local.get $at)) (i32.const 32)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
      (i32.store (i32.const 0) (local.get $text))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))

  (core instance $shouter (instantiate $shouter))
  (func $shout (param "text" string) (result string)
    (canon lift (core func $shouter "shout")
      (memory (core memory $shouter "memory")) (realloc (core func $shouter "realloc")) (post-return (core func $shouter "reset"))))
  (instance $exports (export "shout" (func $shout)))
  (export "demo:text/shout@1.0.0" (instance $exports)))
