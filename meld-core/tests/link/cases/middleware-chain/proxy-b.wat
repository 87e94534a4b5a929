(component (import "x" (func $f)) (export "x" (func $f)))
