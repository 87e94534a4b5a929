//! Adapters in print, for people and for tests of this stage.
//!
//! In: [`Adapted`], and the [`ComponentDfg`] for the names of core instances. Out: text, close to the text format
//! of WebAssembly, with what instructions refer to in words. The print has everything that was written: nothing is
//! sorted out, dead or alive.

use super::Adapted;
use crate::core_interface::CoreOptions;
use crate::dfg::{ComponentDfg, CoreItem};
use crate::synth::{Address, FuncRef, GlobalRef, Inst, MemoryRef, SynthFunc, TrapClass};
use std::convert::Infallible;
use std::fmt::{self, Write};
use wasm_encoder::{BlockType, Instruction, ValType};

/// Prints what the adapter stage produced.
pub fn print_adapted(dfg: &ComponentDfg<'_>, adapted: &Adapted) -> String {
    let mut text = String::new();
    AdapterPrinter { dfg, adapted, out: &mut text }.all().expect("writing to a string does not fail");
    text
}

struct AdapterPrinter<'p, 'a> {
    dfg: &'p ComponentDfg<'a>,
    adapted: &'p Adapted,
    out: &'p mut String,
}

impl AdapterPrinter<'_, '_> {
    fn all(&mut self) -> fmt::Result {
        for (id, func) in &self.adapted.trampolines {
            let func = self.func(*func);
            writeln!(self.out, "{id} = {func}")?;
        }
        for (id, instance) in self.adapted.runtime.iter() {
            writeln!(self.out, "{id} = {:?}", instance.kind)?;
        }
        self.interface()?;
        for (_, func) in self.adapted.synths.iter() {
            self.synth(func)?;
        }
        Ok(())
    }

    fn interface(&mut self) -> fmt::Result {
        let (interface, exports) = (&self.adapted.interface, &self.adapted.exports);
        for import in interface.imports.values() {
            let (params, results) = (types(&import.params), types(&import.results));
            write!(self.out, "import `{}` `{}`: ({params}) -> ({results})", import.module, import.field)?;
            self.options(&import.options)?;
        }
        for export in &interface.exports {
            let func = self.func(exports.funcs[&export.field]);
            write!(self.out, "export `{}` = {func}", export.field)?;
            self.options(&export.options)?;
        }
        for (name, memory) in &exports.memories {
            let memory = self.memory(*memory);
            writeln!(self.out, "export `{name}` = {memory}")?;
        }
        for (name, table) in &exports.tables {
            writeln!(self.out, "export `{name}` = table {} of {}", table.index, table.instance)?;
        }
        let dtors = interface.dtors.values().map(|name| (name, &exports.funcs[name]));
        for (name, func) in exports.options.iter().chain(dtors) {
            let func = self.func(*func);
            writeln!(self.out, "export `{name}` = {func}")?;
        }
        Ok(())
    }

    fn options(&mut self, options: &CoreOptions) -> fmt::Result {
        for (option, value) in
            [("memory", &options.memory), ("realloc", &options.realloc), ("post-return", &options.post_return)]
        {
            if let Some(value) = value {
                write!(self.out, " {option}=`{value}`")?;
            }
        }
        if options.memory.is_some() {
            write!(self.out, " {:?}", options.encoding)?;
        }
        self.out.write_char('\n')
    }

    fn synth(&mut self, func: &SynthFunc) -> fmt::Result {
        writeln!(self.out, "\n{}: ({}) -> ({})", func.name, types(&func.params), types(&func.results))?;
        if let Some(reason) = &func.unsupported {
            return writeln!(self.out, "  unsupported: {reason}");
        }
        if !func.locals.is_empty() {
            writeln!(self.out, "  local {}", types(&func.locals))?;
        }
        let mut depth = 1usize;
        for inst in &func.body {
            if let Inst::Plain(Instruction::End | Instruction::Else) = inst {
                depth -= 1;
            }
            let text = self.inst(inst);
            writeln!(self.out, "{:1$}{text}", "", 2 * depth)?;
            if let Inst::Plain(
                Instruction::Block(_)
                | Instruction::Loop(_)
                | Instruction::If(_)
                | Instruction::Else
                | Instruction::TryTable(..),
            ) = inst
            {
                depth += 1;
            }
        }
        Ok(())
    }

    fn inst(&self, inst: &Inst) -> String {
        let names = InstNames {
            func: &|func: &FuncRef| self.func(*func),
            global: &|global: &GlobalRef| self.global(*global),
            memory: &|memory: &MemoryRef| self.memory(*memory),
            data: &|data: &Infallible| match *data {},
        };
        inst_text(inst, &names)
    }

    fn func(&self, func: FuncRef) -> String {
        match func {
            FuncRef::Core(item) => self.item(item),
            FuncRef::Trampoline(id) => id.to_string(),
            FuncRef::Synth(id) => format!("`{}`", self.adapted.synths[id].name),
            FuncRef::Runtime(id, name) => format!("{id}.{name}"),
            FuncRef::Host(import) => match self.adapted.interface.imports.get(&import) {
                Some(interface) => format!("import `{}` `{}`", interface.module, interface.field),
                None => format!("{import:?}"),
            },
            FuncRef::Trap(class) => format!("trap {}", TrapClass::name(class)),
        }
    }

    fn memory(&self, memory: MemoryRef) -> String {
        match memory {
            MemoryRef::Core(item) => self.item(item),
            MemoryRef::Runtime(id) => format!("{id} memory"),
        }
    }

    fn global(&self, global: GlobalRef) -> String {
        let path = |instance| match self.dfg.component_instances[instance].path.as_str() {
            "" => "root",
            path => path,
        };
        match global {
            GlobalRef::MayLeave(instance) => format!("may-leave {}", path(instance)),
            GlobalRef::Context(instance, slot, _) => format!("context-{slot} {}", path(instance)),
            GlobalRef::LeftContext(instance, slot, _) => format!("left-context-{slot} {}", path(instance)),
            GlobalRef::Backpressure(instance) => format!("backpressure {}", path(instance)),
            GlobalRef::SuppressDtor
            | GlobalRef::Returned
            | GlobalRef::WrongPointer
            | GlobalRef::BorrowScope
            | GlobalRef::Extension(_) => {
                format!("{global:?}")
            }
        }
    }

    /// A core item: the instance, and the name under which its module exports it, or its index.
    fn item(&self, item: CoreItem) -> String {
        let instance = &self.dfg.core_instances[item.instance];
        let exports = &self.dfg.modules[instance.module].exports;
        match exports.iter().find(|(_, export)| export.kind == item.kind && export.index == item.index) {
            Some((name, _)) => format!("{}.{name}", instance.path),
            None => format!("{} {} {}", instance.path, format!("{:?}", item.kind).to_lowercase(), item.index),
        }
    }
}

fn types(types: &[ValType]) -> String {
    types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect::<Vec<_>>().join(" ")
}

fn block(name: &str, ty: BlockType) -> String {
    match ty {
        BlockType::Result(ty) => format!("{name} ({})", types(&[ty])),
        BlockType::Empty | BlockType::FunctionType(_) => name.to_owned(),
    }
}

/// How what an instruction names is printed.
pub(crate) struct InstNames<'n, F, G, M, D, T> {
    pub(crate) func: &'n dyn Fn(&F) -> T,
    pub(crate) global: &'n dyn Fn(&G) -> T,
    pub(crate) memory: &'n dyn Fn(&M) -> T,
    pub(crate) data: &'n dyn Fn(&D) -> T,
}

/// An instruction on one line.
pub(crate) fn inst_text<F, G, M, D>(inst: &Inst<F, G, M, D>, names: &InstNames<'_, F, G, M, D, String>) -> String {
    let InstNames { func, global, memory, data } = names;
    match inst {
        Inst::Plain(inst) => plain(inst),
        Inst::Call(callee) => format!("call {}", func(callee)),
        Inst::RefFunc(of) => format!("ref.func {}", func(of)),
        Inst::GlobalGet(of) => format!("global.get {}", global(of)),
        Inst::GlobalSet(of) => format!("global.set {}", global(of)),
        Inst::Access { op, memory: of, offset, align } => {
            let mut text = format!("{} {}", mnemonic(&format!("{op:?}")), memory(of));
            if *offset != 0 {
                text += &format!(" offset={offset}");
            }
            text + &format!(" align={}", 1u64 << align)
        }
        Inst::MemorySize(of) => format!("memory.size {}", memory(of)),
        Inst::OwnSize(of) => format!("memory.size {} of its own", memory(of)),
        Inst::Address(Address::WindowStart(of)) => format!("start of {}", memory(of)),
        Inst::Address(Address::WindowBase(of)) => format!("address of {}", memory(of)),
        Inst::Address(Address::ArenaBase(_)) => "address ArenaBase".to_owned(),
        Inst::Address(Address::ArenaEnd(_)) => "address ArenaEnd".to_owned(),
        Inst::Address(Address::StackLimit(_)) => "address StackLimit".to_owned(),
        Inst::Address(Address::StackTop(_)) => "address StackTop".to_owned(),
        Inst::MemoryCopy { dst, src } => format!("memory.copy {} {}", memory(dst), memory(src)),
        Inst::MemoryFill(of) => format!("memory.fill {}", memory(of)),
        Inst::MemoryInit { memory: of, data: segment } => format!("memory.init {} {}", memory(of), data(segment)),
    }
}

/// An instruction that refers to no entity, as text.
pub(crate) fn plain(inst: &Instruction<'_>) -> String {
    match inst {
        Instruction::Block(ty) => block("block", *ty),
        Instruction::Loop(ty) => block("loop", *ty),
        Instruction::If(ty) => block("if", *ty),
        Instruction::TryTable(ty, catches) => format!("{} {catches:?}", block("try_table", *ty)),
        Instruction::Br(label) => format!("br {label}"),
        Instruction::BrIf(label) => format!("br_if {label}"),
        Instruction::BrTable(labels, default) => {
            let labels: Vec<String> = labels.iter().chain([default]).map(u32::to_string).collect();
            format!("br_table {}", labels.join(" "))
        }
        Instruction::LocalGet(local) => format!("local.get {local}"),
        Instruction::LocalSet(local) => format!("local.set {local}"),
        Instruction::LocalTee(local) => format!("local.tee {local}"),
        Instruction::I32Const(value) => format!("i32.const {value}"),
        Instruction::I64Const(value) => format!("i64.const {value}"),
        other => mnemonic(&format!("{other:?}")),
    }
}

/// `I64ExtendI32U` as `i64.extend_i32_u`.
pub(crate) fn mnemonic(name: &str) -> String {
    let mut text = String::new();
    for (i, c) in name.char_indices() {
        if i > 0 && c.is_ascii_uppercase() {
            let first = !text.contains('.') && text.len() == 3;
            text.push(if first { '.' } else { '_' });
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
