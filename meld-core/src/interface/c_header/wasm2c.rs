//! The part of a header that is about wasm2c 1.0.42.
//!
//! In: functions with their names in C. Out: inline functions on the names of wasm2c, and definitions of what its code calls. What it passes to functions
//! of the host is the module itself.

use super::calls::Calls;
use super::names::mangled;
use std::fmt::Write;

/// Declarations: what the host calls, and what it defines.
pub(super) fn declare(out: &mut String, calls: &Calls) {
    let prefix = &calls.prefix;
    let module = mangled(&calls.module, true);
    let own = |field: &str| format!("w2c_{module}_{}", mangled(field, false));
    let _ = writeln!(
        out,
        "// The module.\ntypedef w2c_{module} {prefix}_t;\n\n// What the host calls. Memories: where they begin, and their bytes."
    );
    for (name, field) in &calls.memories {
        let field = own(field);
        let _ = writeln!(
            out,
            "static inline uint8_t *{name}({prefix}_t *module) {{\n    return {field}(module)->data;\n}}\n\
             static inline uint64_t {name}_size({prefix}_t *module) {{\n    return {field}(module)->size;\n}}"
        );
    }
    for export in &calls.exports {
        let (ty, name) = (&export.ty, &export.name);
        let _ = writeln!(
            out,
            "{}static inline {} {name}({}) {{\n    {}{}({});\n}}",
            export.says,
            ty.result(),
            ty.declared(&format!("{prefix}_t *module")),
            ty.back(),
            own(&export.field),
            ty.passed("module"),
        );
    }
    let hosts = ", (void *)module".repeat(calls.hosts);
    let initialize = calls.initialize.as_ref().map_or(String::new(), |name| format!("    {name}(module);\n"));
    let _ = writeln!(
        out,
        "\n// Makes the module; before it, wasm_rt_init() is called.\nstatic inline void {prefix}_start({prefix}_t *module) {{\n    \
         wasm2c_{module}_instantiate(module{hosts});\n{initialize}}}\n\n// What the host defines."
    );
    for import in &calls.imports {
        let first = format!("{prefix}_t *module");
        let _ = writeln!(out, "{}{} {}({});", import.says, import.ty.result(), import.name, import.ty.declared(&first));
    }
}

/// Definitions of what the code of wasm2c calls.
pub(super) fn implement(out: &mut String, calls: &Calls) {
    for import in &calls.imports {
        let (ty, host) = (&import.ty, format!("w2c_{}", mangled(&import.module, true)));
        let _ = writeln!(
            out,
            "{} {host}_{}({}) {{\n    {}{}({});\n}}",
            ty.result(),
            mangled(&import.field, false),
            ty.declared(&format!("struct {host} *host")),
            ty.back(),
            import.name,
            ty.passed(&format!("({}_t *)(void *)host", calls.prefix)),
        );
    }
}
