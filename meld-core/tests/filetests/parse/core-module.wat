;; A core module is not a component.
(module (func (export "f")))
