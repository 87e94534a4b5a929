;; of: ../../../examples/mcu/os.wat
;; options: stack
;; Guests whose live code has no frame give up the room of their stacks, too.
