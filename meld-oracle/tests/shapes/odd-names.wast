;; Core names that no standard tool would write, and that look like something they are not. Names mean
;; nothing: identity is a matter of index spaces.

(component
  (component $Provider
    (core module $M
      (func (export "[resource-drop]x") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
      (func (export "cabi_realloc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
      (func (export "cabi-trap:char") (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
      (func (export "\e2\82\ac $2 \00 \"#") (param i32) (result i32) (i32.add (local.get 0) (i32.const 4)))
      (func (export "a#b$2") (param i32) (result i32) (i32.add (local.get 0) (i32.const 5)))
      (func (export "_initialize") (param i32) (result i32) (i32.add (local.get 0) (i32.const 6))))
    (core instance $m (instantiate $M))
    (func (export "a") (param "x" u32) (result u32) (canon lift (core func $m "[resource-drop]x")))
    (func (export "b") (param "x" u32) (result u32) (canon lift (core func $m "cabi_realloc")))
    (func (export "c") (param "x" u32) (result u32) (canon lift (core func $m "cabi-trap:char")))
    (func (export "d") (param "x" u32) (result u32) (canon lift (core func $m "\e2\82\ac $2 \00 \"#")))
    (func (export "e") (param "x" u32) (result u32) (canon lift (core func $m "a#b$2")))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "_initialize"))))
  (component $Consumer
    (import "p" (instance $p
      (export "a" (func (param "x" u32) (result u32)))
      (export "b" (func (param "x" u32) (result u32)))
      (export "c" (func (param "x" u32) (result u32)))
      (export "d" (func (param "x" u32) (result u32)))
      (export "e" (func (param "x" u32) (result u32)))
      (export "f" (func (param "x" u32) (result u32)))))
    (core func $a (canon lower (func $p "a")))
    (core func $b (canon lower (func $p "b")))
    (core func $c (canon lower (func $p "c")))
    (core func $d (canon lower (func $p "d")))
    (core func $e (canon lower (func $p "e")))
    (core func $f (canon lower (func $p "f")))
    (core module $M
      (import "[export]p" "[resource-new]r" (func $a (param i32) (result i32)))
      (import "[export]p" "[resource-rep]r" (func $b (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $c (param i32) (result i32)))
      (import "" "" (func $d (param i32) (result i32)))
      (import "\00" "\7f\c2\80" (func $e (param i32) (result i32)))
      (import "$root" "[task-return]f" (func $f (param i32) (result i32)))
      (func (export "\f0\9f\98\80") (param i32) (result i32)
        (call $a (call $b (call $c (call $d (call $e (call $f (local.get 0)))))))))
    (core instance $m (instantiate $M
      (with "[export]p" (instance (export "[resource-new]r" (func $a)) (export "[resource-rep]r" (func $b))))
      (with "wasi_snapshot_preview1" (instance (export "fd_write" (func $c))))
      (with "" (instance (export "" (func $d))))
      (with "\00" (instance (export "\7f\c2\80" (func $e))))
      (with "$root" (instance (export "[task-return]f" (func $f))))))
    (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "\f0\9f\98\80"))))
  (instance $provider (instantiate $Provider))
  (instance $consumer (instantiate $Consumer (with "p" (instance $provider))))
  (export "run" (func $consumer "run")))

(assert_return (invoke "run" (u32.const 1000)) (u32.const 1021))
