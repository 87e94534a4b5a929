;; Two components that hold resources of each other's and of the host's: `counters` defines a counter that writes each
;; of its values into a journal of the host, `sums` works on counters.
(component
  (import "demo:shop/journals" (instance $journals
    (export "journal" (type $J (sub resource)))
    (export "[method]journal.write" (func (param "self" (borrow $J)) (param "n" u32)))))

  (component $counters
    (import "demo:shop/journals" (instance $journals
      (export "journal" (type $J (sub resource)))
      (export "[method]journal.write" (func (param "self" (borrow $J)) (param "n" u32)))))
    (alias export $journals "journal" (type $J))
    (core func $write (canon lower (func $journals "[method]journal.write")))
    (core func $drop-journal (canon resource.drop $J))

    ;; A counter's representation is an address: the handle of its journal, then its value.
    (core module $State
      (import "" "drop" (func $drop (param i32)))
      (memory (export "memory") 1)
      (func (export "destroy") (param $self i32) (call $drop (i32.load (local.get $self)))))
    (core instance $state (instantiate $State (with "" (instance (export "drop" (func $drop-journal))))))
    (type $counter (resource (rep i32) (dtor (core func $state "destroy"))))
    (core func $new (canon resource.new $counter))
    (core module $Counters
      (import "state" "memory" (memory 1))
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "write" (func $write (param i32 i32)))
      (global $next (mut i32) (i32.const 8))
      (func (export "constructor") (param $journal i32) (result i32)
        (local $self i32)
        (local.set $self (global.get $next))
        (global.set $next (i32.add (local.get $self) (i32.const 8)))
        (i32.store (local.get $self) (local.get $journal))
        (call $new (local.get $self)))
      (func (export "add") (param $self i32) (param $n i32) (result i32)
        (local $value i32)
        (local.set $value (i32.add (i32.load offset=4 (local.get $self)) (local.get $n)))
        (i32.store offset=4 (local.get $self) (local.get $value))
        (call $write (i32.load (local.get $self)) (local.get $value))
        (local.get $value)))
    (core instance $core (instantiate $Counters
      (with "state" (instance $state))
      (with "" (instance (export "new" (func $new)) (export "write" (func $write))))))

    (func $constructor (param "journal" (own $J)) (result (own $counter)) (canon lift (core func $core "constructor")))
    (func $add (param "self" (borrow $counter)) (param "n" u32) (result u32) (canon lift (core func $core "add")))
    ;; In an interface, the functions have to know the resource by the name that it has there.
    (component $Api
      (import "journal" (type $journal (sub resource)))
      (import "type" (type $type (sub resource)))
      (import "constructor" (func $constructor (param "journal" (own $journal)) (result (own $type))))
      (import "add" (func $add (param "self" (borrow $type)) (param "n" u32) (result u32)))
      (export $used "journal" (type $journal))
      (export $counter "counter" (type $type))
      (export "[constructor]counter" (func $constructor)
        (func (param "journal" (own $used)) (result (own $counter))))
      (export "[method]counter.add" (func $add)
        (func (param "self" (borrow $counter)) (param "n" u32) (result u32))))
    (instance $api (instantiate $Api
      (with "journal" (type $J)) (with "type" (type $counter))
      (with "constructor" (func $constructor)) (with "add" (func $add))))
    (export "demo:shop/counters" (instance $api)))

  (component $sums
    (import "demo:shop/counters" (instance $counters
      (export "counter" (type $C (sub resource)))
      (export "[method]counter.add" (func (param "self" (borrow $C)) (param "n" u32) (result u32)))))
    (alias export $counters "counter" (type $C))
    (core func $add (canon lower (func $counters "[method]counter.add")))
    (core func $drop (canon resource.drop $C))
    (core module $Sums
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      ;; Adds to both, and lets go of what it was lent.
      (func (export "add-both") (param $a i32) (param $b i32) (param $n i32) (result i32)
        (i32.add (call $add (local.get $a) (local.get $n)) (call $add (local.get $b) (local.get $n)))
        (call $drop (local.get $a))
        (call $drop (local.get $b)))
      ;; Returns the one with the larger value and drops the other.
      (func (export "larger") (param $a i32) (param $b i32) (result i32)
        (if (result i32)
          (i32.ge_u (call $add (local.get $a) (i32.const 0)) (call $add (local.get $b) (i32.const 0)))
          (then (call $drop (local.get $b)) (local.get $a))
          (else (call $drop (local.get $a)) (local.get $b)))))
    (core instance $core (instantiate $Sums (with "" (instance (export "add" (func $add)) (export "drop" (func $drop))))))
    (func $add-both (param "a" (borrow $C)) (param "b" (borrow $C)) (param "n" u32) (result u32)
      (canon lift (core func $core "add-both")))
    (func $larger (param "a" (own $C)) (param "b" (own $C)) (result (own $C)) (canon lift (core func $core "larger")))
    (component $Api
      (import "type" (type $type (sub resource)))
      (import "add-both" (func $add-both (param "a" (borrow $type)) (param "b" (borrow $type)) (param "n" u32) (result u32)))
      (import "larger" (func $larger (param "a" (own $type)) (param "b" (own $type)) (result (own $type))))
      (export $counter "counter" (type $type))
      (export "add-both" (func $add-both)
        (func (param "a" (borrow $counter)) (param "b" (borrow $counter)) (param "n" u32) (result u32)))
      (export "larger" (func $larger)
        (func (param "a" (own $counter)) (param "b" (own $counter)) (result (own $counter)))))
    (instance $api (instantiate $Api
      (with "type" (type $C)) (with "add-both" (func $add-both)) (with "larger" (func $larger))))
    (export "demo:shop/sums" (instance $api)))

  (instance $c (instantiate $counters (with "demo:shop/journals" (instance $journals))))
  (alias export $c "demo:shop/counters" (instance $api))
  (instance $s (instantiate $sums (with "demo:shop/counters" (instance $api))))
  (export "demo:shop/counters" (instance $api))
  (export "demo:shop/sums" (instance $s "demo:shop/sums")))
