;; A memory that is too large makes instantiation fail, whether or not anybody uses it (the core specification,
;; "Instantiation").
(assert_trap
  (component
    (core module $m
      (memory i64 0x1_0000_0000_0000)
      (func (export "f") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))
  "")
