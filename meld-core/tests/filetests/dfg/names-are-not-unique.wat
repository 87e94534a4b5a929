;; Names of the input are for people and may be anything; paths are unique all the same.
(component
  (core module $m)
  (component $c
    (core module $m)
    (core instance (@name "same") (instantiate $m))
    (core instance (@name "same") (instantiate $m))
    (core instance (@name "same#2") (instantiate $m)))
  (instance (@name "a/b") (instantiate $c))
  (instance (@name "a/b") (instantiate $c))
  (instance (@name "") (instantiate $c))
  (instance (@name "line\nbreak") (instantiate $c))
  (core instance (@name "a/b/same") (instantiate $m)))
