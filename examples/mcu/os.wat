;; An operating system in five providers, and the program on top: each has a stack of 2 KiB at the start of its memory, as linkers of toolchains
;; give it to them, its data above, and a function with a frame. Only the log and the program call theirs.
(component
  (import "print" (func $put (param "line" string)))

  ;; Counts ticks.
  (component $clock
    (core module $m
      (memory (export "memory") 1)
      (global $__stack_pointer (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2064))
      (data (i32.const 2048) "\07\00\00\00\00\00\00\00")
      (func $debug (param i32) (result i32) (local $sp i32)
        (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 32))))
        (i32.store offset=4 (local.get $sp) (local.get 0))
        (i32.load offset=4 (local.get $sp))
        (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 32))))
      (func (export "now") (result i32)
        (i32.store (i32.const 2048) (i32.add (i32.load (i32.const 2048)) (i32.const 3)))
        (i32.load (i32.const 2048))))
    (core instance $i (instantiate $m))
    (func (export "now") (result u32) (canon lift (core func $i "now"))))

  ;; Pins, which are resources. A pin is its place in the data.
  (component $pins
    (type $pin' (resource (rep i32)))
    (core func $new (canon resource.new $pin'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (memory (export "memory") 1)
      (global $__stack_pointer (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2080))
      (data (i32.const 2048) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
      (func $debug (param i32) (result i32) (local $sp i32)
        (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 64))))
        (i32.store offset=8 (local.get $sp) (local.get 0))
        (i32.load offset=8 (local.get $sp))
        (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 64))))
      (func (export "open") (param i32) (result i32)
        (if (i32.ge_u (local.get 0) (i32.const 4)) (then (unreachable)))
        (call $new (i32.add (i32.const 2048) (i32.shl (local.get 0) (i32.const 2)))))
      (func (export "toggle") (param i32) (result i32)
        (i32.store (local.get 0) (i32.xor (i32.load (local.get 0)) (i32.const 1)))
        (i32.load (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (export $pin "pin" (type $pin'))
    (func (export "open") (param "number" u8) (result (own $pin)) (canon lift (core func $i "open")))
    (func (export "toggle") (param "self" (borrow $pin)) (result bool) (canon lift (core func $i "toggle"))))

  ;; How long something took.
  (component $timer
    (import "now" (func $now (result u32)))
    (core func $now' (canon lower (func $now)))
    (core module $m
      (import "" "now" (func $now (result i32)))
      (memory (export "memory") 1)
      (global $__stack_pointer (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2064))
      (data (i32.const 2048) "\01\00\00\00")
      (func $debug (param i32) (result i32) (local $sp i32)
        (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 16))))
        (i32.store (local.get $sp) (local.get 0))
        (i32.load (local.get $sp))
        (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 16))))
      (func (export "since") (param i32) (result i32)
        (i32.mul (i32.load (i32.const 2048)) (i32.sub (call $now) (local.get 0)))))
    (core instance $i (instantiate $m (with "" (instance (export "now" (func $now'))))))
    (func (export "since") (param "start" u32) (result u32) (canon lift (core func $i "since"))))

  ;; Decides what is next: a number that goes around.
  (component $scheduler
    (core module $m
      (memory (export "memory") 1)
      (global $__stack_pointer (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2064))
      (data (i32.const 2048) "\00\00\00\00")
      (func $debug (param i32) (result i32) (local $sp i32)
        (global.set $__stack_pointer (local.tee $sp (i32.sub (global.get $__stack_pointer) (i32.const 16))))
        (i32.store (local.get $sp) (local.get 0))
        (i32.load (local.get $sp))
        (global.set $__stack_pointer (i32.add (local.get $sp) (i32.const 16))))
      (func (export "next") (result i32)
        (i32.store (i32.const 2048) (i32.rem_u (i32.add (i32.load (i32.const 2048)) (i32.const 1)) (i32.const 3)))
        (i32.load (i32.const 2048))))
    (core instance $i (instantiate $m))
    (func (export "next") (result u32) (canon lift (core func $i "next"))))

  ;; Writes lines: a word, and two digits that it puts behind it in a frame.
  (component $log
    (import "print" (func $put (param "line" string)))
    (core module $libc
      (memory (export "memory") 1)
      (global $sp (export "sp") (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2144))
      (data (i32.const 2048) "0123456789")
      ;; The one buffer for strings that come in.
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (if (i32.gt_u (local.get 3) (i32.const 64)) (then (unreachable)))
        (i32.const 2064)))
    (core instance $libc (instantiate $libc))
    (core func $put' (canon lower (func $put) (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
      (import "libc" "memory" (memory 1))
      (import "libc" "sp" (global $sp (mut i32)))
      (import "" "put" (func $put (param i32 i32)))
      (func (export "write") (param $word i32) (param $len i32) (param $number i32) (local $frame i32) (local $i i32)
        (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 80))))
        (if (i32.gt_u (local.get $len) (i32.const 64)) (then (unreachable)))
        (block $copied
          (loop $byte
            (br_if $copied (i32.eq (local.get $i) (local.get $len)))
            (i32.store8 (i32.add (local.get $frame) (local.get $i)) (i32.load8_u (i32.add (local.get $word) (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $byte)))
        (i32.store8 (i32.add (local.get $frame) (local.get $len))
          (i32.load8_u offset=2048 (i32.rem_u (i32.div_u (local.get $number) (i32.const 10)) (i32.const 10))))
        (i32.store8 offset=1 (i32.add (local.get $frame) (local.get $len))
          (i32.load8_u offset=2048 (i32.rem_u (local.get $number) (i32.const 10))))
        (call $put (local.get $frame) (i32.add (local.get $len) (i32.const 2)))
        (global.set $sp (i32.add (local.get $frame) (i32.const 80)))))
    (core instance $i (instantiate $m (with "libc" (instance $libc)) (with "" (instance (export "put" (func $put'))))))
    (func (export "write") (param "word" string) (param "number" u32)
      (canon lift (core func $i "write") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))

  ;; The program: two pins, four rounds.
  (component $app
    (import "pins" (instance $pins
      (export "pin" (type $pin (sub resource)))
      (export "open" (func (param "number" u8) (result (own $pin))))
      (export "toggle" (func (param "self" (borrow $pin)) (result bool)))))
    (import "now" (func $now (result u32)))
    (import "since" (func $since (param "start" u32) (result u32)))
    (import "next" (func $next (result u32)))
    (import "write" (func $write (param "word" string) (param "number" u32)))
    (alias export $pins "pin" (type $pin))
    (core module $libc
      (memory (export "memory") 1)
      (global $sp (export "sp") (mut i32) (i32.const 2048))
      (global (export "__heap_base") i32 (i32.const 2096))
      (data (i32.const 2048) "pin is task took "))
    (core instance $libc (instantiate $libc))
    (core func $open (canon lower (func $pins "open")))
    (core func $toggle (canon lower (func $pins "toggle")))
    (core func $drop (canon resource.drop $pin))
    (core func $now' (canon lower (func $now)))
    (core func $since' (canon lower (func $since)))
    (core func $next' (canon lower (func $next)))
    (core func $write' (canon lower (func $write) (memory (core memory $libc "memory"))))
    (core module $m
      (import "libc" "memory" (memory 1))
      (import "libc" "sp" (global $sp (mut i32)))
      (import "" "open" (func $open (param i32) (result i32)))
      (import "" "toggle" (func $toggle (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "now" (func $now (result i32)))
      (import "" "since" (func $since (param i32) (result i32)))
      (import "" "next" (func $next (result i32)))
      (import "" "write" (func $write (param i32 i32 i32)))
      (func (export "run") (local $frame i32) (local $round i32)
        (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 32))))
        (i32.store (local.get $frame) (call $open (i32.const 0)))
        (i32.store offset=4 (local.get $frame) (call $open (i32.const 3)))
        (i32.store offset=8 (local.get $frame) (call $now))
        (loop $next
          (call $write (i32.const 2048) (i32.const 7)
            (call $toggle
              (i32.load (i32.add (local.get $frame) (i32.shl (i32.and (local.get $round) (i32.const 1)) (i32.const 2))))))
          (call $write (i32.const 2055) (i32.const 5) (call $next))
          (local.set $round (i32.add (local.get $round) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $round) (i32.const 4))))
        (call $write (i32.const 2060) (i32.const 5) (call $since (i32.load offset=8 (local.get $frame))))
        (call $drop (i32.load (local.get $frame)))
        (call $drop (i32.load offset=4 (local.get $frame)))
        (global.set $sp (i32.add (local.get $frame) (i32.const 32)))))
    (core instance $i (instantiate $m (with "libc" (instance $libc)) (with "" (instance
      (export "open" (func $open)) (export "toggle" (func $toggle)) (export "drop" (func $drop)) (export "now" (func $now'))
      (export "since" (func $since')) (export "next" (func $next')) (export "write" (func $write'))))))
    (func (export "run") (canon lift (core func $i "run"))))

  (instance $clock (instantiate $clock))
  (instance $pins (instantiate $pins))
  (instance $timer (instantiate $timer (with "now" (func $clock "now"))))
  (instance $scheduler (instantiate $scheduler))
  (instance $log (instantiate $log (with "print" (func $put))))
  (instance $app (instantiate $app
    (with "pins" (instance $pins)) (with "now" (func $clock "now")) (with "since" (func $timer "since"))
    (with "next" (func $scheduler "next")) (with "write" (func $log "write"))))
  (export "run" (func $app "run")))
