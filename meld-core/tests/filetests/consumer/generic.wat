;; of: consumer/synth.wat
;; options: rebase
;; Without a target nothing of this is done.
