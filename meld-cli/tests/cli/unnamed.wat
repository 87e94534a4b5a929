;; Instances without names, as composers leave them: they go by the names of their modules, and their positions are still understood.
;;
;; RUN[name]: fuse % -o %tmp/x --memory shared --heap app=64KiB --map
;; RUN[position]: fuse % -o %tmp/x --memory shared --heap 0=64KiB --map
;; FAIL[unknown]: fuse % -o %tmp/x --memory shared --heap 7=64KiB
(component
  (component
    (core module (@name "app-0123456789abcdef.wasm")
      (memory (export "memory") 1)
      (func (export "grow") (result i32) (memory.grow (i32.const 1))))
    (core instance $main (instantiate 0))
    (func $grow (result u32) (canon lift (core func $main "grow")))
    (export "grow" (func $grow)))
  (component
    (core module
      (memory (export "memory") 1)
      (func (export "read") (result i32) (i32.load (i32.const 0))))
    (core instance $main (instantiate 0))
    (func $read (result u32) (canon lift (core func $main "read")))
    (instance $i (export "read" (func $read)))
    (export "test:words/reader@1.0.0" (instance $i)))
  (instance (instantiate 0))
  (instance (instantiate 1))
  (alias export 0 "grow" (func $grow))
  (export "grow" (func $grow))
  (export "test:words/reader@1.0.0" (instance 1 "test:words/reader@1.0.0")))
