//! Lists of what a module is made of.
//!
//! In: contents of sections `.dep-v0`, as cargo-auditable writes them: JSON that zlib has compressed, with packages that name those which they depend
//! on by position. Out: one such list with all packages. The format allows one root package only, and the result has several: so none is
//! marked as one.

use indexmap::IndexSet;

/// Puts the lists together, or says why that cannot be.
#[cfg(feature = "json")]
pub(super) fn joined(lists: &IndexSet<&[u8]>) -> Result<Vec<u8>, &'static str> {
    use serde_json::{Map, Value};
    const OTHER: &str = "it is no list of packages as cargo-auditable writes it";
    let (mut packages, mut format) = (Vec::new(), u64::MAX);
    for list in lists {
        let json = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(list, MOST_BYTES).map_err(|_| OTHER)?;
        let mut list: Map<String, Value> = serde_json::from_slice(&json).map_err(|_| OTHER)?;
        // What a format knows, all before it know.
        format = format.min(list.get("format").and_then(Value::as_u64).unwrap_or_default());
        let Some(Value::Array(mut own)) = list.remove("packages") else { return Err(OTHER) };
        let (before, number) = (packages.len() as u64, own.len() as u64);
        for package in &mut own {
            let package = package.as_object_mut().ok_or(OTHER)?;
            package.remove("root");
            let Some(dependencies) = package.get_mut("dependencies") else { continue };
            for dependency in dependencies.as_array_mut().ok_or(OTHER)? {
                let position = dependency.as_u64().filter(|position| *position < number).ok_or(OTHER)?;
                *dependency = (before + position).into();
            }
        }
        packages.append(&mut own);
    }
    let mut list = Map::new();
    list.insert("packages".to_owned(), packages.into());
    if format > 0 {
        list.insert("format".to_owned(), format.into());
    }
    let json = serde_json::to_vec(&list).map_err(|_| OTHER)?;
    Ok(miniz_oxide::deflate::compress_to_vec_zlib(&json, LEVEL))
}

/// Without JSON there is one list only.
#[cfg(not(feature = "json"))]
pub(super) fn joined(_: &IndexSet<&[u8]>) -> Result<Vec<u8>, &'static str> {
    Err("parts have different lists, and this build of the library cannot read them")
}

/// As many bytes of a list are read: it may come from anyone.
#[cfg(feature = "json")]
const MOST_BYTES: usize = 1 << 23;
/// How much zlib tries.
#[cfg(feature = "json")]
const LEVEL: u8 = 6;

#[cfg(all(test, feature = "json"))]
mod tests {
    use super::joined;
    use serde_json::{Value, json};

    fn packed(list: &Value) -> Vec<u8> {
        miniz_oxide::deflate::compress_to_vec_zlib(list.to_string().as_bytes(), 6)
    }

    #[test]
    fn positions_are_those_in_the_joined_list() {
        let one = packed(&json!({ "packages": [
            { "name": "a", "version": "1.0.0", "source": "local", "dependencies": [1], "root": true },
            { "name": "b", "version": "2.0.0", "source": "crates.io" },
        ], "format": 1 }));
        let two = packed(&json!({ "packages": [
            { "name": "b", "version": "2.0.1", "source": "crates.io", "kind": "build" },
            { "name": "c", "version": "1.0.0", "source": "local", "dependencies": [0], "root": true },
        ], "format": 8 }));
        let list = joined(&[&one[..], &two[..]].into_iter().collect()).unwrap();
        let list = miniz_oxide::inflate::decompress_to_vec_zlib(&list).unwrap();
        assert_eq!(
            serde_json::from_slice::<Value>(&list).unwrap(),
            json!({ "packages": [
                { "name": "a", "version": "1.0.0", "source": "local", "dependencies": [1] },
                { "name": "b", "version": "2.0.0", "source": "crates.io" },
                { "name": "b", "version": "2.0.1", "source": "crates.io", "kind": "build" },
                { "name": "c", "version": "1.0.0", "source": "local", "dependencies": [2] },
            ], "format": 1 })
        );
        for other in
            [b"no list".to_vec(), packed(&json!({ "packages": [{ "dependencies": [1] }] })), packed(&json!([]))]
        {
            joined(&[&one[..], &other[..]].into_iter().collect()).unwrap_err();
        }
    }
}
