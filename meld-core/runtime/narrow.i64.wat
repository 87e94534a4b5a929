;; Copies 16-bit units below `limit` (80 or 100), up to `n`, each to a byte; returns how many.
(func $narrow (param $src i32) (param $dst i32) (param $n i32) (param $limit i32) (result i32)
  (local $i i32) (local $unit i32)
  (block $units
    (loop $unit
      (br_if $units (i32.eq (local.get $i) (local.get $n)))
      (local.set $unit (i32.load16_u $src (i32.add (local.get $src) (i32.shl (local.get $i) (i32.const 1)))))
      (br_if $units (i32.ge_u (local.get $unit) (local.get $limit)))
      (i32.store8 $dst (i32.add (local.get $dst) (local.get $i)) (local.get $unit))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $unit)))
  (local.get $i))
