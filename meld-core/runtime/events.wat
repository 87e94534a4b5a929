;; An event of a set of the component around the module, which its host writes here: the index of the waitable, and the payload.
(memory $event 1 1)
(func (export "index") (result i32) (i32.load $event (i32.const 0)))
(func (export "payload") (result i32) (i32.load $event (i32.const 4)))
