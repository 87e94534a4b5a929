//! Inputs that are no components: each is recognized, and the message says the way to one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn meld(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_meld")).args(args).current_dir(folder).output().expect("meld starts")
}

#[test]
fn each_is_told_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let text = |text: &str| wat::parse_str(text).unwrap();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("c.wasm.gz", b"\x1f\x8b\x08\x00".to_vec(), &["gzip", "gunzip"]),
        ("c.zst", b"\x28\xb5\x2f\xfd\x24".to_vec(), &["zstd"]),
        ("c.zip", b"PK\x03\x04\x14".to_vec(), &["zip archive"]),
        ("c.cwasm", b"\x7fELF\x02\x01\x01".to_vec(), &["native code", "wasmtime compile"]),
        ("w.wit", b"package a:b;\n\nworld w {\n  import f: func();\n}\n".to_vec(), &["document in WIT"]),
        ("c.wac", b"package a:b;\n\nlet x = new c:d { ... };\n\nexport x...;\n".to_vec(), &["WAC", "wac compose"]),
        (
            "w.wasm",
            text(
                r#"(component (@custom "wit-component-encoding" "\\04\\00")
                     (type (component (type (instance (type (func)) (export "f" (func (type 0)))))
                       (import "a:b/i" (instance (type 0)))))
                     (export "w" (type 0)))"#,
            ),
            &["WIT package"],
        ),
        (
            "p1.wasm",
            text(r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))"#),
            &["WASI 0.1", "--adapt wasi_snapshot_preview1="],
        ),
        ("core.wasm", text("(module (func))"), &["core module", "wasm-tools component embed"]),
    ];
    for (name, bytes, expected) in cases {
        fs::write(folder.path().join(name), bytes).unwrap();
        for args in [&["fuse", name, "-o", "out.wasm"][..], &["inspect", "--stage", "dfg", name]] {
            let output = meld(folder.path(), args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
            assert!(stderr.contains(&format!("`{name}` is ")), "{name}: {stderr}");
            for words in expected {
                assert!(stderr.contains(words), "{name}: no `{words}` in: {stderr}");
            }
            assert!(!folder.path().join("out.wasm").exists(), "{name}");
        }
    }
}

#[test]
fn a_fused_module_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let shout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shout");
    let inputs = ["greeter.wat", "shouter.wat"].map(|name| shout.join(name).display().to_string());
    let output = meld(folder.path(), &["fuse", &inputs[0], &inputs[1], "-o", "fused.wasm"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = meld(folder.path(), &["fuse", "fused.wasm", "-o", "again.wasm"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("`fused.wasm` is a core module that meld has fused already"), "{stderr}");
}

/// A message about an output names the output, not the temporary file beside it.
#[test]
fn no_temporary_names() {
    let folder = tempfile::tempdir().unwrap();
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shout/greeter.wat").display().to_string();
    let output = meld(folder.path(), &["fuse", &input, "-o", "absent/out.wasm"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("cannot write `absent/out.wasm`"), "{stderr}");
    assert!(!stderr.contains(".meld-"), "{stderr}");
}

/// The name of an output says that it is text.
#[test]
fn text_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let shout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shout");
    let inputs = ["greeter.wat", "shouter.wat"].map(|name| shout.join(name).display().to_string());
    for (out, is_text) in [("out.wat", true), ("out.wasm", false), ("out", false)] {
        let output = meld(folder.path(), &["fuse", &inputs[0], &inputs[1], "-o", out]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let bytes = fs::read(folder.path().join(out)).unwrap();
        assert_eq!(bytes.starts_with(b"(module"), is_text, "{out}");
        assert_eq!(bytes.starts_with(b"\0asm"), !is_text, "{out}");
    }
}
