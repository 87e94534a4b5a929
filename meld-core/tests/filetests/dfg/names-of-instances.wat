;; What an instance without a name is called: by its component, its first core module, what it exports; by its position in the end.
(component
  (component $named
    (core module)
    (core instance (instantiate 0)))
  (component
    (core module (@name "app-0123456789abcdef.wasm"))
    (core module $adapter)
    (core instance (instantiate 0))
    (core instance (instantiate $adapter)))
  (component
    (core module (func (export "f")))
    (core instance $main (instantiate 0))
    (func $f (canon lift (core func $main "f")))
    (instance $i (export "f" (func $f)))
    (export "test:one/a@1.2.3" (instance $i)))
  (component
    (core module (func (export "f")))
    (core instance $main (instantiate 0))
    (func $f (canon lift (core func $main "f")))
    (instance $i (export "f" (func $f)))
    (export "test:two/a@1.2.3" (instance $i))
    (export "test:two/b@1.2.3" (instance $i)))
  (component
    (core module (func (export "f")))
    (core instance $main (instantiate 0))
    (func $f (canon lift (core func $main "f")))
    (export "run" (func $f)))
  (component
    (core module)
    (core instance (instantiate 0)))
  (instance (instantiate 0))
  (instance (instantiate 1))
  (instance (instantiate 2))
  (instance (instantiate 3))
  (instance (instantiate 4))
  (instance (instantiate 5))
  (instance (instantiate 1))
  (instance $given (instantiate 1)))
