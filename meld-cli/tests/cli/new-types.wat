;; Imports that cannot be kept.
;;
;; FAIL[clash]: new % --import-passthrough env::f --import-passthrough other::_f -o %tmp/x
;; FAIL[vector]: new % --import-passthrough other::vector -o %tmp/x
;; FAIL[global]: new % --import-passthrough other::global -o %tmp/x
;; FAIL[name]: new % --import-passthrough other::3d -o %tmp/x
(module
  (import "env" "f" (func))
  (import "other" "_f" (func))
  (import "other" "vector" (func (param v128)))
  (import "other" "global" (global i32))
  (import "other" "3d" (func)))
