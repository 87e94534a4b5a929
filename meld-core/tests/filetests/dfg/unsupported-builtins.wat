;; Built-ins that are not supported leave a trampoline each: they are an error only where something live
;; uses them. Equal ones are not one, because nothing is known of them.
(component
  (core module $libc (memory (export "mem") 1))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "mem" (core memory $mem))
  (type $s (stream u8))
  (core func (canon stream.new $s))
  (core func (canon stream.new $s))
  (core func (canon stream.read $s (memory $mem) async))
  (core func (canon task.return (result string) (memory $mem)))
  (core func (canon waitable-set.new))
  (core func (canon context.get i32 0))
  (core func (canon context.set i32 0))
  (core func (canon backpressure.inc))
  (core func (canon backpressure.dec)))
