//! The report as a page and as a picture. `.ci/page` tries the page in a browser.
//!
//! In: compositions. Out: files that name each component and each call, and that load nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The report of a fusion in the form that `extension` asks for.
fn report(arguments: &[&str], extension: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("report.{extension}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_meld"));
    command.current_dir(root()).args(["fuse", "-o"]).arg(folder.path().join("out.wasm"));
    let output = command.arg("--report").arg(&path).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(path).unwrap()
}

const STATION: [&str; 3] = ["examples/mcu/station.wasm", "examples/mcu/sensor.wasm", "examples/mcu/report.wasm"];

#[test]
fn the_page_names_what_the_json_names() {
    let json: serde_json::Value = serde_json::from_str(&report(&STATION, "json")).unwrap();
    let page = report(&STATION, "html");
    let texts = |list: &str, field: &str| -> BTreeSet<String> {
        let items = json[list].as_array().unwrap().iter();
        items.filter_map(|item| item[field].as_str().map(str::to_owned)).collect()
    };
    let mut names = texts("boundaries", "function");
    names.extend(texts("boundaries", "caller"));
    names.extend(texts("modules", "instance"));
    names.extend(texts("resources", "reason"));
    assert!(names.len() > 20);
    for name in names {
        assert!(page.contains(&name), "the page does not name `{name}`");
    }
    // Every function is among the data of the script.
    let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    let data = page[start..].split("</script>").next().unwrap();
    let rows: Vec<(String, String, Option<u32>, u64)> = serde_json::from_str(data).unwrap();
    let functions = json["functions"].as_array().unwrap();
    let bytes: u64 = functions.iter().map(|function| function["bytes"].as_u64().unwrap()).sum();
    assert_eq!(rows.len(), functions.len());
    assert_eq!(rows.len() as u64, json["output"]["functions"].as_u64().unwrap());
    assert_eq!(rows.iter().map(|row| row.3).sum::<u64>(), bytes);
}

#[test]
fn the_graph_has_a_box_for_each_component_and_an_arrow_for_each_pair() {
    let json: serde_json::Value = serde_json::from_str(&report(&STATION, "json")).unwrap();
    let pairs: BTreeSet<(&str, &str)> = (json["boundaries"].as_array().unwrap().iter())
        .filter(|boundary| boundary["lowering"] != "builtin")
        .map(|boundary| (boundary["caller"].as_str().unwrap(), boundary["callee"].as_str().unwrap_or("host")))
        .collect();
    assert_eq!(pairs.len(), 6);
    let (svg, dot) = (report(&STATION, "svg"), report(&STATION, "dot"));
    assert_eq!(svg.matches("class=\"edge ").count(), pairs.len());
    assert_eq!(svg.matches("class=\"node").count(), 4);
    assert_eq!(dot.matches(" -> ").count(), pairs.len());
    for (caller, callee) in pairs {
        assert!(svg.contains(&format!("data-caller=\"{caller}\" data-callee=\"{callee}\"")), "{caller} {callee}");
        let callee = if callee == "host" { "host " } else { callee };
        assert!(dot.contains(&format!("{caller:?} -> {callee:?} ")), "{caller} {callee}");
    }
}

/// What is kept has a page too, and what has no components has none to draw.
#[test]
fn every_kind_of_report_has_a_page() {
    let kept = report(&["--component", "meld-cli/tests/cli/kept.wat"], "html");
    assert!(kept.contains("Nothing is fused") && kept.contains("Calls that are kept"));
    let map = report(&["--memory", "shared", "tests/wit_bindgen/fixtures/station-arena.wasm"], "html");
    assert!(map.contains("class=\"map\"") && map.contains("class=\"area window\""));
}
