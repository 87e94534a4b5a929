;; One component instantiated twice defines two resource types, and what a client does with one of them
;; has nothing to do with the other.
(component
  (component $provider
    (core module $m (func (export "dtor") (param i32)) (func (export "make") (result i32) i32.const 5))
    (core instance $i (instantiate $m))
    (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
    (core func $new (canon resource.new $r))
    (export $r' "r" (type $r))
    (func (export "make") (result (own $r')) (canon lift (core func $i "make"))))
  (component $client
    (import "p" (instance $p
      (export "r" (type $r (sub resource)))
      (export "make" (func (result (own $r))))))
    (alias export $p "r" (type $r))
    (core func $drop (canon resource.drop $r))
    (core func $make (canon lower (func $p "make")))
    (core module $m
      (import "p" "make" (func $make (result i32)))
      (import "p" "drop" (func $drop (param i32)))
      (func (export "run") (call $drop (call $make))))
    (core instance $i (instantiate $m
      (with "p" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
    (func (export "run") (canon lift (core func $i "run"))))
  (instance $one (instantiate $provider))
  (instance $two (instantiate $provider))
  (instance $client-of-one (instantiate $client (with "p" (instance $one))))
  (instance $client-of-two (instantiate $client (with "p" (instance $two))))
  (instance $another-of-one (instantiate $client (with "p" (instance $one))))
  (export "run-one" (func $client-of-one "run"))
  (export "run-two" (func $client-of-two "run"))
  (export "run-another" (func $another-of-one "run")))
