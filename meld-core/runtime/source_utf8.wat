;; `load_string` where the source is `utf8`: code units are bytes.
(func (export "transcode") (param $ptr i32) (param $len i32) (result i32 i32)
  (call $check_source (local.get $ptr) (local.get $len) (i32.const 1))
  (call $from_utf8 (local.get $ptr) (local.get $len)))
