//! Names for people.
//!
//! In: the live module. Out: the `name` section. What has a name in the input has it here, behind the path of its instance:
//! `path/of/instance::name`. What has none gets none, but for what meld adds: adapters have their debug names, traps say why they trap
//! (`cabi-trap:class`), and imports have the names by which they are imported. A mangled symbol has the path behind it instead, in the form in
//! which demanglers of its language take a suffix ([`mangled`]). Where all functions are of one instance, everything keeps the name that it
//! has there: so what is fused again keeps its names. Locals and labels belong to their function, and types to nobody: these keep their names as they are.
//! Names never mean anything to meld itself.

mod mangled;

use crate::emit::indices::{Indices, Space};
use crate::error::MergeError;
use crate::ids::{FuncId, Id, MemoryId, ScopeId};
use crate::input::{Body, CoreModule};
use crate::maps::Map;
use crate::module::insertions::Insertions;
use crate::module::{FuncDef, MergedModule, ModuleKey, Op, Scope};
use crate::passes::Inserter;
use mangled::Mangling;
use std::collections::BTreeMap;
use std::fmt;
use wasm_encoder::{IndirectNameMap, Instruction, NameMap, NameSection};
use wasmparser::Operator;

/// The name of a module of which nothing says what it is.
const UNNAMED: &str = "fused";

/// The name of a function, to be printed.
pub(crate) struct FuncName<'m, 'd> {
    module: &'m MergedModule<'d>,
    func: FuncId,
}

impl<'d> MergedModule<'d> {
    /// The name of a function.
    pub(crate) fn func_name(&self, func: FuncId) -> FuncName<'_, 'd> {
        FuncName { module: self, func }
    }
}

impl FuncName<'_, '_> {
    /// Appends the name to `out`. Every function that has a name passes here, and so this takes no formatter for what is text already.
    /// `qualify` puts the path of an instance and a name together.
    fn append_to(&self, qualify: impl Fn(ScopeId, &str, &mut String), out: &mut String) {
        let module = self.module;
        match &module.funcs[self.func].def {
            FuncDef::Import(import) => match module.interface.imports.get(import) {
                Some(interface) => out.extend([&interface.module, "#", &interface.field]),
                None => out.push_str(&format!("{import:?}")),
            },
            FuncDef::Guest { origin, .. } => {
                let parsed = module.module_of(origin.scope);
                let index = parsed.imported.funcs + origin.index;
                match parsed.func_names.get(&index) {
                    Some(name) => qualify(origin.scope, name, out),
                    None => {
                        out.push_str(&module.scopes[origin.scope].path);
                        out.push_str("::func[");
                        out.push_str(itoa::Buffer::new().format(index));
                        out.push(']');
                    }
                }
            }
            FuncDef::Synth(synth) => out.push_str(&synth.name),
            FuncDef::Trap(class) => out.extend(["cabi-trap:", class.name()]),
            FuncDef::Init => out.push_str("init"),
        }
    }
}

impl fmt::Display for FuncName<'_, '_> {
    /// For messages: the path comes first, whatever the name is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        let path = |scope| &self.module.scopes[scope].path;
        self.append_to(|scope, name, out| out.extend([path(scope), "::", name]), &mut out);
        f.write_str(&out)
    }
}

/// The instance whose functions are all of the input's that are live, where there is one.
fn only_instance(module: &MergedModule<'_>, indices: &Indices) -> Option<ScopeId> {
    let mut found = None;
    for (id, func) in module.funcs.iter() {
        if let FuncDef::Guest { origin, .. } = &func.def
            && indices.funcs.live(id).is_some()
            && module.canonical(id) == id
            && matches!(module.scopes[origin.scope].module, ModuleKey::Input(_))
            && *found.get_or_insert(origin.scope) != origin.scope
        {
            return None;
        }
    }
    found
}

/// Appends the names of an index space.
type AppendNames = fn(&mut NameSection, &NameMap);

/// The `name` section.
///
/// # Errors
///
/// A body cannot be read.
pub(crate) fn name_section(module: &MergedModule<'_>, indices: &Indices) -> Result<NameSection, MergeError> {
    let names = NameReader { module, indices, only: only_instance(module, indices) };
    let mut section = NameSection::new();
    section.module(module.dfg.name.as_deref().unwrap_or(UNNAMED));
    section.functions(&names.funcs());
    let Bodies { locals, labels } = names.bodies()?;
    if !locals.is_empty() {
        section.locals(&indirect(locals));
    }
    if !labels.is_empty() {
        section.labels(&indirect(labels));
    }
    let (types, fields) = names.types();
    let spaces: [(BTreeMap<u32, String>, AppendNames); 5] = [
        (types, NameSection::types),
        (names.of(|m| &m.table_names, |s| &s.tables, |m| m.imported.tables, &indices.tables), NameSection::tables),
        (names.memories(), NameSection::memories),
        (names.of(|m| &m.global_names, |s| &s.globals, |m| m.imported.globals, &indices.globals), NameSection::globals),
        (names.of(|m| &m.elem_names, |s| &s.elems, |_| 0, &indices.elems), NameSection::elements),
    ];
    // In the order of their ids.
    for (names, append) in spaces.into_iter().filter(|(names, _)| !names.is_empty()) {
        append(&mut section, &map(&names));
    }
    let datas = names.of(|m| &m.data_names, |s| &s.datas, |_| 0, &indices.datas);
    if !datas.is_empty() {
        section.data(&map(&datas));
    }
    if !fields.is_empty() {
        section.fields(&indirect(fields));
    }
    let tags = names.of(|m| &m.tag_names, |s| &s.tags, |m| m.imported.tags, &indices.tags);
    if !tags.is_empty() {
        section.tags(&map(&tags));
    }
    Ok(section)
}

fn map(names: &BTreeMap<u32, String>) -> NameMap {
    let mut map = NameMap::new();
    for (index, name) in names {
        map.append(*index, name);
    }
    map
}

fn indirect(names: BTreeMap<u32, NameMap>) -> IndirectNameMap {
    let mut map = IndirectNameMap::new();
    for (index, names) in names {
        map.append(index, &names);
    }
    map
}

/// Names of what is in bodies, by function.
#[derive(Default)]
struct Bodies {
    locals: BTreeMap<u32, NameMap>,
    labels: BTreeMap<u32, NameMap>,
}

/// Reads names of the input and finds out what they are called in the output.
struct NameReader<'n, 'd> {
    module: &'n MergedModule<'d>,
    indices: &'n Indices,
    only: Option<ScopeId>,
}

impl<'n, 'd> NameReader<'n, 'd> {
    /// Appends the name of something that an instance defines.
    fn qualify(&self, scope: ScopeId, name: &str, out: &mut String) {
        let path = &self.module.scopes[scope].path;
        if self.only == Some(scope) || path.is_empty() {
            out.push_str(name);
            return;
        }
        match Mangling::of(name) {
            Some(mangling) => mangling.append(name, path, out),
            None => out.extend([path, "::", name]),
        }
    }

    /// The instances of modules of the input.
    fn guests(&self) -> impl Iterator<Item = (ScopeId, &'n Scope, &'n CoreModule<'d>)> + use<'n, 'd> {
        let module = self.module;
        let scopes = module.scopes.iter().filter(|(_, scope)| matches!(scope.module, ModuleKey::Input(_)));
        scopes.map(move |(id, scope)| (id, scope, module.module_of(id)))
    }

    fn funcs(&self) -> NameMap {
        let module = self.module;
        let mut names = NameMap::new();
        let mut name = String::new();
        let unnamed = |id: FuncId| match module.origin(id) {
            Some(origin) => {
                let parsed = module.module_of(origin.scope);
                matches!(module.scopes[origin.scope].module, ModuleKey::Input(_))
                    && !parsed.func_names.contains_key(&(parsed.imported.funcs + origin.index))
            }
            None => false,
        };
        // Imports come first in the index space of functions; in each part the order is that of the ids.
        let is_import = |id: &FuncId| matches!(module.funcs[*id].def, FuncDef::Import(_));
        let imports = module.host_imports.values().copied().filter(is_import);
        for id in imports.chain(module.funcs.ids().filter(|id| !is_import(id))) {
            if let Some(index) = self.indices.funcs.live(id).filter(|_| module.canonical(id) == id && !unnamed(id)) {
                name.clear();
                module.func_name(id).append_to(|scope, given, out| self.qualify(scope, given, out), &mut name);
                names.append(index, &name);
            }
        }
        names
    }

    /// Names of one kind of what instances define.
    fn of<I: Id + 'n>(
        &self,
        given: impl Fn(&'n CoreModule<'d>) -> &'n Map<u32, &'d str>,
        ids: impl Fn(&'n Scope) -> &'n [I],
        imported: impl Fn(&CoreModule<'_>) -> u32,
        space: &Space,
    ) -> BTreeMap<u32, String> {
        let mut names = BTreeMap::new();
        for (scope, entities, parsed) in self.guests() {
            let defined = given(parsed).iter().filter(|(index, _)| **index >= imported(parsed));
            for (&index, given) in defined {
                if let Some(index) = ids(entities).get(index as usize).and_then(|id| space.live(*id)) {
                    let mut name = String::new();
                    self.qualify(scope, given, &mut name);
                    names.entry(index).or_insert(name);
                }
            }
        }
        names
    }

    /// Names of memories. Where all are one, it belongs to no guest. The one instance keeps the names of memories that it imports.
    fn memories(&self) -> BTreeMap<u32, String> {
        if self.module.windows.is_some() {
            return BTreeMap::new();
        }
        let indices = &self.indices.memories;
        let mut names = self.of(|m| &m.memory_names, |s| &s.memories, |m| m.imported.memories, indices);
        if let Some(only) = self.only {
            let ids: &[MemoryId] = &self.module.scopes[only].memories;
            for (&index, name) in &self.module.module_of(only).memory_names {
                if let Some(index) = ids.get(index as usize).and_then(|id| indices.live(*id)) {
                    names.insert(index, (*name).to_owned());
                }
            }
        }
        names
    }

    /// Names of types and of their fields. Equal types are one, and keep the first name.
    fn types(&self) -> (BTreeMap<u32, String>, BTreeMap<u32, NameMap>) {
        let (mut types, mut fields) = (BTreeMap::new(), BTreeMap::new());
        for (_, scope, parsed) in self.guests() {
            let live = |index: u32| scope.ty(index).ok().and_then(|ty| self.indices.types.live(ty));
            for (&index, name) in &parsed.type_names {
                if let Some(index) = live(index) {
                    types.entry(index).or_insert_with(|| (*name).to_owned());
                }
            }
            for (&index, names) in &parsed.field_names {
                if let Some(index) = live(index) {
                    fields.entry(index).or_insert_with(|| same(names));
                }
            }
        }
        (types, fields)
    }

    /// Names of locals, which keep their indices, and of labels.
    fn bodies(&self) -> Result<Bodies, MergeError> {
        let module = self.module;
        let mut bodies = Bodies::default();
        let mut inserter = Inserter::new(module);
        for (id, func) in module.funcs.iter().filter(|(id, _)| module.canonical(*id) == *id) {
            let FuncDef::Guest { origin, .. } = &func.def else { continue };
            let Some(index) = self.indices.funcs.live(id) else { continue };
            let parsed = module.module_of(origin.scope);
            if !matches!(module.scopes[origin.scope].module, ModuleKey::Input(_)) {
                continue;
            }
            let old = parsed.imported.funcs + origin.index;
            if let Some(names) = parsed.local_names.get(&old) {
                bodies.locals.insert(index, same(names));
            }
            if let Some(names) = parsed.label_names.get(&old) {
                let insertions = inserter.insertions(id)?;
                bodies.labels.insert(index, labels(&parsed.bodies[origin.index as usize], names, &insertions)?);
            }
        }
        Ok(bodies)
    }
}

/// The same names again, as far as they can be read.
fn same(names: &wasmparser::NameMap<'_>) -> NameMap {
    let mut map = NameMap::new();
    for naming in names.clone().map_while(Result::ok) {
        map.append(naming.index, naming.name);
    }
    map
}

/// Names of labels, which are counted in the order of the instructions that begin blocks: those that are inserted count, too.
fn labels(body: &Body<'_>, names: &wasmparser::NameMap<'_>, insertions: &Insertions) -> Result<NameMap, MergeError> {
    let inserted =
        |ops: &[Op]| ops.iter().filter(|op| matches!(op, Op::Plain(instruction) if begins_block(instruction))).count();
    let mut added = inserted(&insertions.entry) as u32;
    if added == 0 && insertions.before.iter().all(|(_, ops)| inserted(ops) == 0) {
        return Ok(same(names));
    }
    let mut before = insertions.before.iter().peekable();
    // By label of the input: that of the output.
    let mut moved = Vec::new();
    let mut operators = body.operators();
    while !operators.eof() {
        let at = operators.original_position() as u32;
        while let Some((_, ops)) = before.next_if(|(offset, _)| *offset <= at) {
            added += inserted(ops) as u32;
        }
        if matches!(
            operators.read()?,
            Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::TryTable { .. }
                | Operator::Try { .. }
        ) {
            moved.push(moved.len() as u32 + added);
        }
    }
    let mut map = NameMap::new();
    for naming in names.clone().map_while(Result::ok) {
        if let Some(index) = moved.get(naming.index as usize) {
            map.append(*index, naming.name);
        }
    }
    Ok(map)
}

fn begins_block(instruction: &Instruction<'_>) -> bool {
    matches!(
        instruction,
        Instruction::Block(_)
            | Instruction::Loop(_)
            | Instruction::If(_)
            | Instruction::TryTable(..)
            | Instruction::Try(_)
    )
}
