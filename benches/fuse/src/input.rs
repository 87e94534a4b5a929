//! Inputs of any size.
//!
//! In: how many functions and components, and how large a function is. Out: a composition in which each
//! component calls the one before, with a number and with a string. Bodies are random and look like what
//! compilers make: about one instruction in four touches memory, one in forty calls. Every function is
//! called by another, so none can be left out. The same numbers give the same bytes.

use wasm_encoder::{
    BlockType, CanonicalOption, CodeSection, ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType,
    ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, MemArg, MemArgTarget, MemorySection, MemoryType, Module, ModuleArg, PrimitiveValType, TypeSection,
    ValType,
};

/// An input to be generated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input {
    /// Functions in all components together.
    pub(crate) functions: usize,
    /// Components.
    pub(crate) components: usize,
    /// Bytes of a function body, about.
    pub(crate) body_bytes: usize,
    /// One component in so many has a memory; the others have to do with numbers.
    pub(crate) memory_every: usize,
}

/// Functions of a module that come before the random ones: its imports, and `realloc` if it has a memory.
fn first_body(memory: bool) -> u32 {
    if memory { 3 } else { 1 }
}

impl Input {
    /// The composition in the binary format.
    pub(crate) fn generate(&self) -> Vec<u8> {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut root = ComponentBuilder::default();
        let number = function_type(&mut root, PrimitiveValType::U32);
        let text = function_type(&mut root, PrimitiveValType::String);
        let mut number_func = root.import("number", ComponentTypeRef::Func(number));
        let mut text_func = root.import("text", ComponentTypeRef::Func(text));
        for i in 0..self.components {
            // The rest of the division goes to the first ones.
            let functions = self.functions / self.components + usize::from(i < self.functions % self.components);
            let memory = i % self.memory_every == 0;
            let module = self.module(functions.max(1), memory, &mut random);
            let component = root.component(Some(&format!("c{i}")), component(&module, memory));
            let mut args = vec![("number", ComponentExportKind::Func, number_func)];
            if memory {
                args.push(("text", ComponentExportKind::Func, text_func));
            }
            let instance = root.instantiate(Some(&format!("c{i}")), component, args);
            number_func = root.alias_export(instance, "number", ComponentExportKind::Func);
            if memory {
                text_func = root.alias_export(instance, "text", ComponentExportKind::Func);
            }
        }
        root.export("run", ComponentExportKind::Func, number_func, None);
        root.finish()
    }

    /// A module with `functions` random functions that call each other, and a bump allocator if it has a memory.
    fn module(&self, functions: usize, memory: bool, random: &mut Random) -> Module {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("before", "number", wasm_encoder::EntityType::Function(0));
        let mut funcs = FunctionSection::new();
        let mut code = CodeSection::new();
        if memory {
            imports.import("before", "text", wasm_encoder::EntityType::Function(1));
            imports.import("memory", "memory", memory_type());
            funcs.function(2);
            code.function(&allocator());
        }
        let first_body = first_body(memory);
        for i in 0..functions as u32 {
            funcs.function(0);
            let next = first_body + (i + 1) % functions as u32;
            code.function(&self.body(next, functions as u32, i == 0, memory, random));
        }
        if memory {
            funcs.function(1);
            let mut text = Function::new([]);
            text.instructions().local_get(0).local_get(1).i32_add().call(first_body).end();
            code.function(&text);
        }
        let mut globals = GlobalSection::new();
        let mutable = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(mutable, &ConstExpr::i32_const(4096));
        let mut exports = ExportSection::new();
        exports.export("number", ExportKind::Func, first_body);
        let mut data = DataSection::new();
        if memory {
            exports.export("realloc", ExportKind::Func, 2);
            exports.export("text", ExportKind::Func, first_body + functions as u32);
            data.active(0, &ConstExpr::i32_const(64), "some text that goes from one component to the other".bytes());
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&funcs).section(&globals).section(&exports);
        module.section(&code).section(&data);
        module
    }

    /// A function that calls `next` and, if it is the first, the component before.
    fn body(&self, next: u32, functions: u32, first: bool, memory: bool, random: &mut Random) -> Function {
        let mut function = Function::new([(4, ValType::I32), (1, ValType::I64)]);
        let mut code = function.instructions();
        code.local_get(0).call(next).local_set(1);
        if first {
            code.local_get(1).call(0).local_set(2);
            if memory {
                code.i32_const(64).i32_const(51).call(1).local_set(3);
            }
        }
        let mut statements = 0;
        // A statement is 13 bytes on average.
        while statements * 13 < self.body_bytes {
            statements += 1;
            let (a, b, c) = (random.below(5), random.below(5), random.below(5));
            let mem = |align| MemArg {
                offset: u64::from(random.0 as u16),
                align,
                target: MemArgTarget::Memory(0),
                ordering: None,
            };
            // Without a memory, what would access it computes.
            let kind = random.0 >> 33 & 15;
            match if memory { kind } else { kind.max(7) } {
                0..=2 => code.local_get(a).i32_load(mem(2)).local_set(b),
                3..=4 => code.local_get(a).local_get(b).i32_store(mem(2)),
                5 => code.local_get(a).i64_load(mem(3)).local_set(5),
                6 => code.local_get(a).i32_load8_u(mem(0)).local_get(b).i32_add().local_set(c),
                7..=9 => code.local_get(a).local_get(b).i32_add().i32_const(c as i32 * 999).i32_xor().local_set(c),
                10 => code
                    .local_get(5)
                    .i64_const(0x1234_5678)
                    .i64_mul()
                    .local_get(a)
                    .i64_extend_i32_u()
                    .i64_add()
                    .local_set(5),
                11 => code.block(BlockType::Empty).local_get(a).br_if(0).local_get(b).local_set(c).end(),
                12 => code
                    .local_get(a)
                    .if_(BlockType::Empty)
                    .local_get(b)
                    .i32_const(16)
                    .i32_shl()
                    .local_set(c)
                    .else_()
                    .local_get(c)
                    .local_set(a)
                    .end(),
                13 => code.global_get(0).i32_const(16).i32_sub().local_tee(a).global_set(0),
                14 => code.local_get(a).local_get(b).i32_lt_u().local_get(c).i32_eqz().i32_or().local_set(a),
                _ => code.local_get(a).call(first_body(memory) + (random.0 >> 8) as u32 % functions).local_set(b),
            };
        }
        code.local_get(1).end();
        function
    }
}

fn memory_type() -> MemoryType {
    MemoryType { minimum: 2, maximum: None, memory64: false, shared: false, page_size_log2: None }
}

/// `realloc` that only ever goes up.
fn allocator() -> Function {
    let mut function = Function::new([]);
    function.instructions().global_get(0).global_get(0).local_get(3).i32_add().i32_const(-16).i32_and();
    function.instructions().i32_const(16).i32_add().global_set(0).end();
    function
}

fn function_type(component: &mut ComponentBuilder, param: PrimitiveValType) -> u32 {
    let (index, mut ty) = component.type_function(None);
    ty.params([("value", ComponentValType::Primitive(param))]);
    ty.result(Some(ComponentValType::Primitive(PrimitiveValType::U32)));
    index
}

/// A component around `module`. If it has a memory, that is in a module of its own, so that imports can be lowered
/// first.
fn component(module: &Module, memory: bool) -> ComponentBuilder {
    if memory { with_memory(module) } else { without_memory(module) }
}

fn without_memory(module: &Module) -> ComponentBuilder {
    let mut component = ComponentBuilder::default();
    let number = function_type(&mut component, PrimitiveValType::U32);
    let number_before = component.import("number", ComponentTypeRef::Func(number));
    let number_lowered = component.lower_func(None, number_before, []);
    let before = component.core_instantiate_exports(None, [("number", ExportKind::Func, number_lowered)]);
    let module = component.core_module(Some("code"), module);
    let instance = component.core_instantiate(Some("code"), module, [("before", ModuleArg::Instance(before))]);
    let number_core = component.core_alias_export(None, instance, "number", ExportKind::Func);
    let number = component.lift_func(None, number_core, number, []);
    component.export("number", ComponentExportKind::Func, number, None);
    component
}

fn with_memory(module: &Module) -> ComponentBuilder {
    let mut component = ComponentBuilder::default();
    let number = function_type(&mut component, PrimitiveValType::U32);
    let text = function_type(&mut component, PrimitiveValType::String);
    let number_before = component.import("number", ComponentTypeRef::Func(number));
    let text_before = component.import("text", ComponentTypeRef::Func(text));

    let mut memory_module = Module::new();
    let mut memories = MemorySection::new();
    memories.memory(memory_type());
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    memory_module.section(&memories).section(&exports);
    let memory_module = component.core_module(Some("memory"), &memory_module);
    let memory_instance = component.core_instantiate::<[(&str, ModuleArg); 0]>(Some("memory"), memory_module, []);
    let memory = component.core_alias_export(None, memory_instance, "memory", ExportKind::Memory);

    let number_lowered = component.lower_func(None, number_before, []);
    let text_lowered = component.lower_func(None, text_before, [CanonicalOption::Memory(memory)]);
    let before = component.core_instantiate_exports(
        None,
        [("number", ExportKind::Func, number_lowered), ("text", ExportKind::Func, text_lowered)],
    );
    let module = component.core_module(Some("code"), module);
    let args = [("before", ModuleArg::Instance(before)), ("memory", ModuleArg::Instance(memory_instance))];
    let instance = component.core_instantiate(Some("code"), module, args);
    let [realloc, number_core, text_core] =
        ["realloc", "number", "text"].map(|name| component.core_alias_export(None, instance, name, ExportKind::Func));
    let number = component.lift_func(None, number_core, number, []);
    let options = [CanonicalOption::Memory(memory), CanonicalOption::Realloc(realloc)];
    let text = component.lift_func(None, text_core, text, options);
    component.export("number", ComponentExportKind::Func, number, None);
    component.export("text", ComponentExportKind::Func, text, None);
    component
}

/// A generator of numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n) as u32
    }
}
