(component
  (type $color (enum "red" "green"))
  (type $pixel (record (field "c" $color) (field "x" u16)))
  (type $pixels (list $pixel))
  (core module $m
    (memory (export "m") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "f") (param i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m))
  (func $f (param "p" $pixels) (result $pixel)
    (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "realloc"))))
  (instance $bag (export "color" (type $color)) (export "pixel" (type $pixel)) (export "f" (func $f)))
  (instance $outer (export "bag" (instance $bag)) (export "g" (func $f)))
  (export "outer" (instance $outer)))
