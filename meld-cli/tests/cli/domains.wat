;; Two drivers, one with a component inside of it, an application, and a log in no domain.
;;
;; RUN[text]: fuse % -t --memory shared --domain drivers=uart,spi --domain apps=app
;; RUN[map]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --domain apps=app --map
;; RUN[closest]: fuse % -o %tmp/x --memory shared --domain drivers=uart --domain inner=uart/fifo --handles 4 --map
;; RUN[one]: fuse % -o %tmp/x --memory shared --domain all=uart,spi,app,log --handles 4 --page-size 1 --map
;; RUN[report]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --report -
;; RUN[interface]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --interface -
;; RUN[plan]: inspect % --memory shared --domain drivers=uart,spi
;; RUN[verbose]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi -v
;; RUN[component]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --component
;; RUN[wasm2c]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --target wasm2c
;; RUN[aligned]: fuse % -o %tmp/x --memory shared --domain drivers=uart,spi --handles 4 --heap 192K --page-size 1 --align-regions pow2 --map
;; FAIL[unknown]: fuse % -o %tmp/x --memory shared --domain drivers=uart,i2c
;; FAIL[twice]: fuse % -o %tmp/x --memory shared --domain drivers=uart --domain apps=app,uart
;; FAIL[same-name]: fuse % -o %tmp/x --memory shared --domain drivers=uart --domain drivers=spi
;; FAIL[private]: fuse % -o %tmp/x --memory shared --domain private=uart
;; FAIL[no-shared]: fuse % -o %tmp/x --domain drivers=uart
;; FAIL[synth]: fuse % -o %tmp/x --memory shared --domain drivers=uart --target synth
;; FAIL[stack]: fuse % -o %tmp/x --memory shared --domain drivers=uart --share-stack
;; USAGE[no-instance]: fuse % -o %tmp/x --memory shared --domain drivers
;; FAIL[aligned-no-shared]: fuse % -o %tmp/x --align-regions pow2
;; USAGE[aligned-by]: fuse % -o %tmp/x --memory shared --align-regions 32
;; USAGE[no-name]: fuse % -o %tmp/x --memory shared --domain =uart
(component
  (component $log
    (core module $m
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3))))
      (func (export "write") (param i32 i32)))
    (core instance $m (instantiate $m))
    (func (export "write") (param "line" string)
      (canon lift (core func $m "write") (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
  (component $fifo
    (core module $m
      (memory (export "memory") 1)
      (func (export "put") (param i32) (i32.store8 (i32.const 8) (local.get 0))))
    (core instance $m (instantiate $m))
    (func (export "put") (param "byte" u8) (canon lift (core func $m "put"))))
  (component $driver
    (import "write" (func $write (param "line" string)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 16) "opened"))
    (core instance $libc (instantiate $libc))
    (core func $lowered (canon lower (func $write) (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "write" (func $write (param i32 i32)))
      (func (export "open") (result i32) (call $write (i32.const 16) (i32.const 6)) (i32.const 5)))
    (core instance $m (instantiate $m (with "" (instance (export "write" (func $lowered))))))
    (type $port' (resource (rep i32)))
    (export $port "port" (type $port'))
    (core func $new (canon resource.new $port'))
    (core module $opener
      (import "" "open" (func $open (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "open") (result i32) (call $new (call $open))))
    (core instance $opener (instantiate $opener
      (with "" (instance (export "open" (func $m "open")) (export "new" (func $new))))))
    (func (export "open") (result (own $port)) (canon lift (core func $opener "open"))))
  (component $uart
    (import "fifo" (component $fifo (export "put" (func (param "byte" u8)))))
    (import "write" (func $write (param "line" string)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 16) "uart"))
    (core instance $libc (instantiate $libc))
    (instance $fifo (instantiate $fifo))
    (core func $put (canon lower (func $fifo "put")))
    (core func $lowered (canon lower (func $write) (memory (core memory $libc "memory"))))
    (core module $m
      (import "" "write" (func $write (param i32 i32)))
      (import "" "put" (func $put (param i32)))
      (func (export "send") (param i32) (call $write (i32.const 16) (i32.const 4)) (call $put (local.get 0))))
    (core instance $m (instantiate $m
      (with "" (instance (export "write" (func $lowered)) (export "put" (func $put))))))
    (func (export "send") (param "byte" u8) (canon lift (core func $m "send"))))
  (component $app
    (import "port" (type $port (sub resource)))
    (import "open" (func $open (result (own $port))))
    (import "send" (func $send (param "byte" u8)))
    (import "write" (func $write (param "line" string)))
    (core module $libc (memory (export "memory") 1) (data (i32.const 16) "app"))
    (core instance $libc (instantiate $libc))
    (core func $lowered (canon lower (func $write) (memory (core memory $libc "memory"))))
    (core func $open (canon lower (func $open)))
    (core func $send (canon lower (func $send)))
    (core func $drop (canon resource.drop $port))
    (core module $m
      (import "" "write" (func $write (param i32 i32)))
      (import "" "open" (func $open (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "send" (func $send (param i32)))
      (func (export "run")
        (call $write (i32.const 16) (i32.const 3)) (call $drop (call $open)) (call $send (i32.const 65))))
    (core instance $m (instantiate $m
      (with "" (instance (export "write" (func $lowered)) (export "open" (func $open)) (export "drop" (func $drop))
        (export "send" (func $send))))))
    (func (export "run") (canon lift (core func $m "run"))))
  (instance $log (instantiate $log))
  (instance $uart (instantiate $uart (with "fifo" (component $fifo))
    (with "write" (func $log "write"))))
  (instance $spi (instantiate $driver (with "write" (func $log "write"))))
  (instance $app (instantiate $app (with "port" (type $spi "port")) (with "open" (func $spi "open"))
    (with "send" (func $uart "send")) (with "write" (func $log "write"))))
  (export "run" (func $app "run")))
