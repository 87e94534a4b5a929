(component
  (type (component
    (import "a:b/types@1.2.3" (instance $types
      (type $p0 (record (field "x" s32) (field "y" s32)))
      (export "point" (type $p (eq $p0)))
      (export "point-again" (type (eq $p)))
      (export "origin" (func (result $p)))))
    (alias export $types "point" (type $point))
    (import "a:b/user@1.2.3" (instance
      (alias outer 1 $point (type $point1))
      (export "point" (type $point2 (eq $point1)))
      (export "move" (func (param "p" $point2) (result (list $point2))))))
    (import "unused:interface/x" (instance
      (export "f" (func (param "s" string)))))
    (export "a:b/out" (instance
      (alias outer 1 $point (type $point1))
      (export "point" (type $point2 (eq $point1)))
      (type $line0 (record (field "from" $point2) (field "to" $point2)))
      (export "line" (type $line (eq $line0)))
      (export "segment" (type $segment (eq $line)))
      (export "draw" (func (param "l" $line) (result $segment)))
      (export "plain" (func (param "n" u32) (result u32)))))
    (export "bare" (instance
      (export "f" (func (result string)))))
    (export "empty" (instance))
    (export "nested" (instance
      (type $t0 (enum "a" "b"))
      (export "t" (type $t (eq $t0)))
      (export "inner" (instance
        (alias outer 1 $t (type $t1))
        (export "t" (type $t2 (eq $t1)))
        (type $u0 (record (field "t" $t2)))
        (export "u" (type $u (eq $u0)))
        (export "f" (func (param "u" $u) (result $t2)))))
      (export "g" (func (result $t)))))
  ))
)
