//! Calls that are asked for: `interface#function(arguments)` in WAVE.

use super::Incomparable;
use super::wave;
use crate::host::ExportFunc;
use crate::value::Value;

/// A call of an export.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Export names, from the root inwards.
    pub(super) path: Vec<String>,
    /// Arguments.
    pub(super) args: Vec<Value>,
}

/// Finds the function of a call among `exports` and reads its arguments. The name is the path of the export joined with `#`, or the
/// end of it that only one export has.
pub(super) fn call(text: &str, exports: &[ExportFunc]) -> Result<Call, Incomparable> {
    let fail = |why: String| Incomparable::Call(text.to_owned(), why);
    let open = text.find('(').unwrap_or(text.len());
    let (name, args) = text.split_at(open);
    let args = if args.is_empty() { "()" } else { args };
    let whole = |export: &&ExportFunc| export.path.join("#") == name;
    let end = |export: &&ExportFunc| export.path.join("#").ends_with(&format!("#{name}"));
    let found: Vec<&ExportFunc> = match exports.iter().find(whole) {
        Some(export) => vec![export],
        None => exports.iter().filter(end).collect(),
    };
    let export = match found.as_slice() {
        [export] => export,
        [] => {
            let all: Vec<String> = exports.iter().map(|export| export.path.join("#")).collect();
            return Err(fail(format!("there is no such function; there are {}", all.join(", "))));
        }
        several => {
            let all: Vec<String> = several.iter().map(|export| export.path.join("#")).collect();
            return Err(fail(format!("several functions have this name: {}", all.join(", "))));
        }
    };
    let args = wave::arguments(args, &export.ty.params).map_err(fail)?;
    Ok(Call { path: export.path.clone(), args })
}

/// A call as text.
pub(super) fn print(path: &[String], args: &[Value], exports: &[ExportFunc]) -> String {
    let name = path.join("#");
    let types = exports.iter().find(|export| export.path == path).map(|export| export.ty.params.as_slice());
    let args: Vec<String> =
        args.iter().zip(types.unwrap_or_default()).map(|(value, ty)| wave::print(value, ty)).collect();
    format!("{name}({})", args.join(", "))
}
