(func (export "transcode") (param $ptr i64) (param $len i64) (result i32 i32)
  (call $transcode (call $enter (local.get $ptr) (local.get $len))))
