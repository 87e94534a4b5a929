;; FAIL[twice]: fuse % -o %tmp/x --report %tmp/x
;; FAIL[stdout-twice]: fuse % --report -
;; FAIL[stdin-twice]: fuse - - -o %tmp/x
;; FAIL[absent]: fuse absent.wasm -o %tmp/x
;; FAIL[no-folder]: fuse % absent.wasm -o %tmp/no/x
(component)
