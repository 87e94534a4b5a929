//! `-v`, `-vv`, `RUST_LOG` and `--color`.
//!
//! In: a composition. Out: what the command prints to stderr: a summary, or everything with the times of stages; in colours where asked.

use std::path::Path;
use std::process::Command;

/// What `meld fuse` prints to stderr.
fn stderr(arguments: &[&str], log: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_meld"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).env_remove("RUST_LOG");
    if let Some(log) = log {
        command.env("RUST_LOG", log);
    }
    let inputs = ["station", "sensor", "report"].map(|name| format!("examples/mcu/{name}.wasm"));
    let output = command.args(["fuse", "-o"]).arg(folder.path().join("out.wasm")).args(inputs).args(arguments).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stderr).unwrap()
}

/// The stages that log lines name, each with a time.
fn logged(text: &str) -> Vec<&str> {
    let stage = |line: &'_ str| -> Option<usize> {
        let (time, stage) = line.strip_prefix('[')?.split_once(" ms] ")?;
        time.trim().parse::<f64>().ok().map(|_| line.len() - stage.len())
    };
    text.lines().filter_map(|line| Some(&line[stage(line)?..])).collect()
}

#[test]
fn once_is_a_summary_without_times() {
    let text = stderr(&["-v"], None);
    assert!(text.starts_with("3 components → one core module of "), "{text}");
    for part in [
        "components",
        "calls between components: 8 fused, 0 kept",
        "host and built-ins",
        "memory",
        "resources",
        "left out",
    ] {
        assert!(text.lines().any(|line| line == part), "{part}: {text}");
    }
    assert!(text.contains("[method]sensor.sample"));
    assert_eq!(logged(&text), [""; 0]);
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn twice_is_everything_and_the_stages() {
    let text = stderr(&["-vv"], None);
    let stages = logged(&text);
    assert_eq!((stages.first(), stages.last()), (Some(&"link"), Some(&"emit")));
    assert!(stages.contains(&"liveness"));
    assert!(text.contains("call station -> host print: host, as it is"));
}

#[test]
fn the_log_can_be_asked_for_alone() {
    let text = stderr(&[], Some("meld_core=debug"));
    assert_eq!(logged(&text).len(), text.lines().count(), "{text}");
    assert_eq!(stderr(&[], None), "");
    assert_eq!(logged(&stderr(&["-vv"], Some("off"))), [""; 0]);
}

#[test]
fn colours_are_as_asked() {
    assert!(stderr(&["-v", "--color", "always"], None).contains("\u{1b}[1m"));
    assert!(!stderr(&["-v", "--color=never"], None).contains('\u{1b}'));
}
