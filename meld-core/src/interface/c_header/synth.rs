//! The part of a header that is about synth 0.89.
//!
//! In: functions with their names in C. Out: declarations; and definitions: for each export a function that puts the places of the globals and of the
//! memory into r9 to r11, where the code of synth has them, and gives the caller its own back; for each import the symbol that the object wants, which is its field.
//! Symbols with other characters than those of C are in quotation marks, which GNU's assembler takes.

use super::calls::{CSignature, Calls};
use super::names::string;
use std::fmt::Write;

/// What the host calls, and what it defines.
pub(super) fn declare(out: &mut String, calls: &Calls) {
    let prefix = &calls.prefix;
    let _ = writeln!(
        out,
        "// The module: what its code has in r9, r10 and r11. The host gives it its globals, and the size and the place of its memory, which\n\
         // both have their first contents.\n\
         typedef struct {{\n    uint32_t *globals;\n    uint32_t memory_size;\n    uint8_t *memory;\n}} {prefix}_t;\n\n\
         // What the host calls. Memories: where they begin, and their bytes."
    );
    for (name, _) in &calls.memories {
        let _ = writeln!(
            out,
            "static inline uint8_t *{name}({prefix}_t *module) {{\n    return module->memory;\n}}\n\
             static inline uint64_t {name}_size({prefix}_t *module) {{\n    return module->memory_size;\n}}"
        );
    }
    for export in &calls.exports {
        let first = format!("{prefix}_t *module");
        let _ = writeln!(out, "{}{} {}({});", export.says, export.ty.result(), export.name, export.ty.declared(&first));
    }
    let initialize = match &calls.initialize {
        Some(name) => format!("    {name}(module);\n"),
        None => "    (void)module;\n".to_owned(),
    };
    let _ = writeln!(
        out,
        "\n// Is called once, before all else.\nstatic inline void {prefix}_start({prefix}_t *module) {{\n{initialize}}}\n\n\
         // What the host defines."
    );
    for import in &calls.imports {
        let first = format!("{prefix}_t *module");
        let _ = writeln!(out, "{}{} {}({});", import.says, import.ty.result(), import.name, import.ty.declared(&first));
    }
}

/// What is between the host and the object.
pub(super) fn implement(out: &mut String, calls: &Calls) {
    let prefix = &calls.prefix;
    let _ = writeln!(out, "// The module whose code runs.\n{prefix}_t *{prefix}_entered;");
    for (number, export) in calls.exports.iter().enumerate() {
        let (ty, enter) = (&export.ty, format!("{prefix}_enter{number}"));
        let _ = writeln!(out, "{} {enter}({});", ty.result(), ty.declared(""));
        // Room for a copy of the arguments on the stack, and an even number of words in all: r4 to r11 and lr are nine.
        let words = stack_words(ty);
        let room = words + (words + 1) % 2;
        let mut code = vec!["push {r4-r11, lr}".to_owned(), format!("sub sp, #{}", 4 * room)];
        for word in 0..words {
            code.push(format!("ldr r12, [sp, #{}]", 4 * (room + 9 + word)));
            code.push(format!("str r12, [sp, #{}]", 4 * word));
        }
        code.push(format!("ldr r12, ={prefix}_entered"));
        code.push("ldr r12, [r12]".to_owned());
        code.push("ldmia r12, {r9-r11}".to_owned());
        code.push(format!("bl \"{}\"", assembler(&export.field)));
        code.push(format!("add sp, #{}", 4 * room));
        code.push("pop {r4-r11, pc}".to_owned());
        code.push(".ltorg".to_owned());
        let _ = write!(
            out,
            "__asm__(\".syntax unified\\n.thumb\\n.pushsection .text.{enter},\\\"ax\\\",%progbits\\n.balign 4\\n\"\n    \
             \".global {enter}\\n.thumb_func\\n.type {enter},%function\\n{enter}:\\n\"\n"
        );
        for line in &code {
            let _ = writeln!(out, "    \"{}\\n\"", line.replace('\\', "\\\\").replace('"', "\\\""));
        }
        let _ = writeln!(out, "    \".popsection\\n\");");
        let _ = write!(
            out,
            "{} {}({}) {{\n    {prefix}_t *before = {prefix}_entered;\n    {prefix}_entered = module;\n",
            ty.result(),
            export.name,
            ty.declared(&format!("{prefix}_t *module")),
        );
        match ty.result {
            Some(result) => {
                let _ = writeln!(
                    out,
                    "    {result} result = {enter}({});\n    {prefix}_entered = before;\n    return result;\n}}",
                    ty.passed("")
                );
            }
            None => {
                let _ = writeln!(out, "    {enter}({});\n    {prefix}_entered = before;\n}}", ty.passed(""));
            }
        }
    }
    for (number, import) in calls.imports.iter().enumerate() {
        let (ty, symbol) = (&import.ty, format!("{prefix}_symbol{number}"));
        let label = string(&format!("\"{}\"", import.field));
        let _ = writeln!(
            out,
            "{} {symbol}({}) __asm__(\"{label}\") __attribute__((used, section(\".text.{symbol}\")));\n\
             {} {symbol}({}) {{\n    {}{}({});\n}}",
            ty.result(),
            ty.declared(""),
            ty.result(),
            ty.declared(""),
            ty.back(),
            import.name,
            ty.passed(&format!("{prefix}_entered")),
        );
    }
}

/// A symbol in quotation marks of the assembler.
fn assembler(symbol: &str) -> String {
    symbol.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Words of arguments on the stack, by the procedure call standard of ARM without registers for floating point. With these registers there are
/// fewer, and to copy more than there are is harmless.
fn stack_words(ty: &CSignature) -> usize {
    let (mut registers, mut words) = (0, 0);
    for param in &ty.params {
        let size = if matches!(*param, "uint64_t" | "double") { 2 } else { 1 };
        let first = usize::next_multiple_of(registers, size);
        if first + size <= 4 {
            registers = first + size;
        } else {
            registers = 4;
            words = usize::next_multiple_of(words, size) + size;
        }
    }
    words
}
