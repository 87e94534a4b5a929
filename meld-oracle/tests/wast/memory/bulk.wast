;; memory.copy, memory.fill and memory.init at the edges of a memory that has neighbours, and between memories.

(component definition $bulk
  ;; Another memory comes first, so that the one below does not begin at address 0 where memories are windows of one.
  (core module $Before
    (memory 1)
    (data (i32.const 65532) "\ff\ff\ff\ff")
    (func (export "before") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $before (instantiate $Before))
  (func (export "before") (param "p" u32) (result u32) (canon lift (core func $before "before")))
  (core module $M
    (memory $a 1)
    (memory $b 1)
    (data $seg "abcdefgh")
    (data (memory $b) (i32.const 0) "0123456789")
    (func (export "fill") (param i32 i32 i32) (memory.fill $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (memory.copy $a $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "across") (param i32 i32 i32) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2)))
    (func (export "back") (param i32 i32 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (memory.init $a $seg (local.get 0) (local.get 1) (local.get 2)))
    (func (export "drop") (data.drop $seg))
    (func (export "a") (param i32) (result i32) (i32.load8_u $a (local.get 0)))
    (func (export "b") (param i32) (result i32) (i32.load8_u $b (local.get 0)))
    ;; Nothing is written where the range does not fit, not even what does.
    (func (export "size") (result i32) (i32.add (memory.size $a) (i32.mul (memory.size $b) (i32.const 100)))))
  (core instance $m (instantiate $M))
  ;; And one behind it, which is full: what was read from here would not be zero.
  (core module $After
    (memory 1)
    (data (i32.const 0) "\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee\ee")
    (func (export "after") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 0xffff)))))
  (core instance $after (instantiate $After))
  (func (export "after") (param "p" u32) (result u32) (canon lift (core func $after "after")))
  (func (export "fill") (param "a" u32) (param "b" u32) (param "c" u32)  (canon lift (core func $m "fill")))
  (func (export "copy") (param "a" u32) (param "b" u32) (param "c" u32)  (canon lift (core func $m "copy")))
  (func (export "across") (param "a" u32) (param "b" u32) (param "c" u32)  (canon lift (core func $m "across")))
  (func (export "back") (param "a" u32) (param "b" u32) (param "c" u32)  (canon lift (core func $m "back")))
  (func (export "init") (param "a" u32) (param "b" u32) (param "c" u32)  (canon lift (core func $m "init")))
  (func (export "drop")   (canon lift (core func $m "drop")))
  (func (export "a") (param "a" u32) (result u32) (canon lift (core func $m "a")))
  (func (export "b") (param "a" u32) (result u32) (canon lift (core func $m "b")))
  (func (export "size")  (result u32) (canon lift (core func $m "size"))))

(component instance $i $bulk)
(assert_return (invoke "size" ) (u32.const 101))
(assert_return (invoke "fill" (u32.const 65532) (u32.const 7) (u32.const 4)))
(assert_return (invoke "a" (u32.const 65535)) (u32.const 7))
(assert_return (invoke "a" (u32.const 65531)) (u32.const 0))
(assert_return (invoke "init" (u32.const 65528) (u32.const 0) (u32.const 4)))
(assert_return (invoke "a" (u32.const 65528)) (u32.const 97))
(assert_return (invoke "a" (u32.const 65532)) (u32.const 7))
(assert_return (invoke "copy" (u32.const 65529) (u32.const 65528) (u32.const 7)))
(assert_return (invoke "a" (u32.const 65535)) (u32.const 7))
(assert_return (invoke "a" (u32.const 65530)) (u32.const 98))
(assert_return (invoke "copy" (u32.const 0) (u32.const 65528) (u32.const 8)))
(assert_return (invoke "a" (u32.const 0)) (u32.const 97))
(assert_return (invoke "a" (u32.const 1)) (u32.const 97))
(assert_return (invoke "across" (u32.const 65526) (u32.const 0) (u32.const 10)))
(assert_return (invoke "a" (u32.const 65535)) (u32.const 57))
(assert_return (invoke "back" (u32.const 65535) (u32.const 65535) (u32.const 1)))
(assert_return (invoke "b" (u32.const 65535)) (u32.const 57))
(assert_return (invoke "across" (u32.const 0) (u32.const 65535) (u32.const 1)))
(assert_return (invoke "a" (u32.const 0)) (u32.const 57))
;; Nothing, at the very end.
(assert_return (invoke "fill" (u32.const 65536) (u32.const 1) (u32.const 0)))
(assert_return (invoke "copy" (u32.const 65536) (u32.const 65536) (u32.const 0)))
(assert_return (invoke "copy" (u32.const 0) (u32.const 65536) (u32.const 0)))
(assert_return (invoke "across" (u32.const 65536) (u32.const 65536) (u32.const 0)))
(assert_return (invoke "init" (u32.const 65536) (u32.const 8) (u32.const 0)))
(assert_return (invoke "drop" ))
(assert_return (invoke "init" (u32.const 65536) (u32.const 0) (u32.const 0)))
(assert_return (invoke "before" (u32.const 65535)) (u32.const 255))
(assert_return (invoke "before" (u32.const 0)) (u32.const 0))
(assert_return (invoke "after" (u32.const 0)) (u32.const 238))

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 65533) (u32.const 1) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 65537) (u32.const 1) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 0) (u32.const 1) (u32.const 65537)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 1) (u32.const 1) (u32.const 4294967295)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 4294967295) (u32.const 1) (u32.const 1)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 4294967295) (u32.const 1) (u32.const 4294967295)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "fill" (u32.const 4294967280) (u32.const 1) (u32.const 16)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 65533) (u32.const 0) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 0) (u32.const 65533) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 65537) (u32.const 0) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 0) (u32.const 65537) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 4294967295) (u32.const 0) (u32.const 2)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 0) (u32.const 4294967295) (u32.const 2)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 0) (u32.const 0) (u32.const 4294967295)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "copy" (u32.const 16) (u32.const 16) (u32.const 4294967280)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "across" (u32.const 65533) (u32.const 0) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "across" (u32.const 0) (u32.const 65533) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "across" (u32.const 0) (u32.const 65537) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "across" (u32.const 4294901760) (u32.const 0) (u32.const 65536)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "across" (u32.const 0) (u32.const 4294901760) (u32.const 65536)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "back" (u32.const 65533) (u32.const 0) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "back" (u32.const 0) (u32.const 65533) (u32.const 4)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 65529) (u32.const 0) (u32.const 8)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 65537) (u32.const 0) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 0) (u32.const 1) (u32.const 8)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 0) (u32.const 9) (u32.const 0)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 4294967295) (u32.const 0) (u32.const 1)) "out of bounds memory access")

(component instance $i $bulk)
(assert_trap (invoke "init" (u32.const 0) (u32.const 4294967295) (u32.const 1)) "out of bounds memory access")
