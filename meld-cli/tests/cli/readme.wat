;; Each file here is a test of the command line; `../cli.rs` says how a file is run and what is expected.
;;
;; RUN[help]: fuse --help
;; RUN[new-help]: new --help
;; RUN[inspect-help]: inspect --help
;; USAGE[no-input]: fuse
;; USAGE[no-command]: frobnicate
;; USAGE[bad-link]: fuse % --link nothing
;; USAGE[bad-stage]: inspect --stage later %
;; USAGE[bad-shell]: completion tty
(component)
