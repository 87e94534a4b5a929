;; of: ../../../meld-cli/tests/cli/domains.wat
;; options: rebase domain=drivers:uart domain=apps:app
;; Each domain has a memory, and what is in none has one.
