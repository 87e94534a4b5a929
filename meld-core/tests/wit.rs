//! Worlds that have no form in WIT are errors that say why, and never panics of the decoder.

/// Why the world of a component cannot be said in WIT.
fn refused(wat: &str) -> String {
    let component = wat::parse_str(wat).unwrap();
    let error = meld_core::world_of(&component).expect_err(wat).to_string();
    assert!(!error.contains("cannot handle it"), "the decoder panics: {wat}");
    error
}

#[test]
fn functions_with_names_of_interfaces() {
    let error = refused(r#"(component (import "wasi:http/types@1.0.0" (func)))"#);
    assert!(error.contains("function `wasi:http/types@1.0.0` has the name of an interface"), "{error}");
}

#[test]
fn methods_of_aliases() {
    let error = refused(
        r#"(component
            (import "r" (type $r (sub resource)))
            (import "s" (type $s (eq $r)))
            (import "[method]s.f" (func (param "self" (borrow $s)))))"#,
    );
    assert!(error.contains("function `[method]s.f` belongs to no resource beside it"), "{error}");
}

#[test]
fn types_under_two_names() {
    let error = refused(
        r#"(component
            (import "a:b/c" (instance $i (export "r" (type (sub resource)))))
            (export "a:b/c" (instance $i)))"#,
    );
    assert!(error.contains("type `r` has another name as well"), "{error}");
}

#[test]
fn types_that_are_no_value_types() {
    for ty in ["(func)", "(instance)", "(component)"] {
        let error = refused(&format!(r#"(component (type $t {ty}) (export "t" (type $t)))"#));
        assert!(error.contains("type `t` is no value type"), "{error}");
    }
}

#[test]
fn nested_instances() {
    let error = refused(r#"(component (import "i" (instance (export "j" (instance)))))"#);
    assert!(error.contains("`j`"), "{error}");
}

#[test]
fn an_interface_that_is_both_imported_and_exported() {
    let component = wat::parse_str(
        r#"(component
            (import "a:b/c" (instance $i
                (export "r" (type $r (sub resource)))
                (export "[method]r.f" (func (param "self" (borrow $r))))))
            (component $through
                (import "r" (type $r (sub resource)))
                (import "f" (func $f (param "self" (borrow $r))))
                (export $r2 "r" (type $r))
                (export "[method]r.f" (func $f) (func (param "self" (borrow $r2)))))
            (instance $out (instantiate $through
                (with "r" (type $i "r"))
                (with "f" (func $i "[method]r.f"))))
            (export "a:b/c" (instance $out)))"#,
    )
    .unwrap();
    let wit = meld_core::world_of(&component).unwrap();
    assert!(wit.contains("import a:b/c;") && wit.contains("export a:b/c;"), "{wit}");
}

/// Fused and wrapped again, a fixture says of itself in WIT what it said before.
#[test]
fn fused_fixtures_have_the_same_wit() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wit_bindgen/fixtures");
    let mut compared = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|e| e != "wasm") {
            continue;
        }
        let input = std::fs::read(&file).unwrap();
        let mut fuser = meld_core::Fuser::new();
        fuser.input("input", &input[..]).component(true);
        let fused = fuser.fuse().unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let component = fused.component.expect("a component was asked for");
        let world =
            |component: &[u8]| meld_core::world_of(component).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!(world(&component), world(&input), "{}", file.display());
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}
