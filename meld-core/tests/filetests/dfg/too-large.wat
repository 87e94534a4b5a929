;; Each component instantiates the one before it twice: 2^24 instances, which is refused.
(component
  (component $c0)
  (component $c1
    (alias outer 1 $c0 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c2
    (alias outer 1 $c1 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c3
    (alias outer 1 $c2 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c4
    (alias outer 1 $c3 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c5
    (alias outer 1 $c4 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c6
    (alias outer 1 $c5 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c7
    (alias outer 1 $c6 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c8
    (alias outer 1 $c7 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c9
    (alias outer 1 $c8 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c10
    (alias outer 1 $c9 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c11
    (alias outer 1 $c10 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c12
    (alias outer 1 $c11 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c13
    (alias outer 1 $c12 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c14
    (alias outer 1 $c13 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c15
    (alias outer 1 $c14 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c16
    (alias outer 1 $c15 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c17
    (alias outer 1 $c16 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c18
    (alias outer 1 $c17 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c19
    (alias outer 1 $c18 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c20
    (alias outer 1 $c19 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c21
    (alias outer 1 $c20 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c22
    (alias outer 1 $c21 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c23
    (alias outer 1 $c22 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (component $c24
    (alias outer 1 $c23 (component $d))
    (instance (instantiate $d))
    (instance (instantiate $d)))
  (instance $top (instantiate $c24)))
