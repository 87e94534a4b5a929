;; Strings in Latin-1 where that is enough and in UTF-16 where it is not. In this encoding the top bit of a length
;; says that the units are of two bytes.

(module
  (memory (export "memory") 1)
  ;; The return area is at 16. Strings are never freed: this provider counts on few calls.
  (data (i32.const 32) "d\e9j\e0 vu")
  (data (i32.const 64) "\22\6f\57\5b!\00\3c\d8\80\df")
  (data (i32.const 96) "n\00a\00\ef\00f\00")

  (global $next (mut i32) (i32.const 1024))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $new i32)
    ;; To the next multiple of the alignment.
    (local.set $new
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $new) (local.get $size)))
    (if (i32.gt_u (global.get $next) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq
              (memory.grow
                (i32.shr_u
                  (i32.add
                    (i32.sub (global.get $next) (i32.shl (memory.size) (i32.const 16)))
                    (i32.const 0xffff))
                  (i32.const 16)))
              (i32.const -1))
          (then (unreachable)))))
    (memory.copy
      (local.get $new)
      (local.get $old)
      (select (local.get $old-size) (local.get $size) (i32.lt_u (local.get $old-size) (local.get $size))))
    (local.get $new))

  (func $return (param $pointer i32) (param $length i32) (result i32)
    (i32.store (i32.const 16) (local.get $pointer))
    (i32.store (i32.const 20) (local.get $length))
    (i32.const 16))

  (func (export "meld:strings-latin1/text#shape") (param $pointer i32) (param $length i32) (result i32)
    (i32.store (i32.const 16) (i32.and (local.get $length) (i32.const 0x7fffffff)))
    (i32.store8 (i32.const 20) (i32.shr_u (local.get $length) (i32.const 31)))
    (i32.const 16))

  (func (export "meld:strings-latin1/text#echo") (param i32 i32) (result i32)
    (call $return (local.get 0) (local.get 1)))

  (func (export "meld:strings-latin1/text#narrow") (result i32)
    (call $return (i32.const 32) (i32.const 7)))

  (func (export "meld:strings-latin1/text#wide") (result i32)
    (call $return (i32.const 64) (i32.const 0x80000005)))

  (func (export "meld:strings-latin1/text#widened") (result i32)
    (call $return (i32.const 96) (i32.const 0x80000004)))

  (func (export "meld:strings-latin1/text#echo-list") (param i32 i32) (result i32)
    (call $return (local.get 0) (local.get 1)))

  (func (export "meld:strings-latin1/text#sum-units") (param $words i32) (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $sum
          (i32.add
            (local.get $sum)
            (i32.and (i32.load offset=4 (local.get $words)) (i32.const 0x7fffffff))))
        (local.set $words (i32.add (local.get $words) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $sum))
)
