//! meld: a static WebAssembly component fuser.
//!
//! [`Fuser`] takes one composed component, or several to be linked, and makes one core module of them,
//! in which every call between components is a direct call or a canonical ABI adapter.

pub mod abi;
pub mod adapter;
pub mod component_wrap;
pub mod componentize;
mod custom;
pub mod dfg;
pub mod emit;
pub mod error;
pub mod fuser;
pub mod handle_tables;
pub mod ids;
pub mod inline;
pub mod input;
pub mod inspect;
pub mod interface;
pub mod limits;
pub mod link;
pub mod maps;
pub mod merger;
pub mod module;
mod names;
pub mod options;
pub mod parse;
pub mod passes;
pub mod passthrough;
pub mod plan;
mod recognize;
pub mod report;
pub mod resource_graph;
pub mod runtime;
pub mod synth;
pub mod wit;
mod world;

pub use componentize::Componentizer;
pub use error::Error;
pub use fuser::Fuser;
pub use inspect::{Inspection, Stage};
pub use limits::{Limit, Limits};
pub use link::Input;
pub use options::Options;
pub use recognize::Foreign;
pub use report::Report;

/// The result of a fusion.
#[derive(Debug)]
pub struct Fused {
    /// The fused core module.
    pub core: Vec<u8>,
    /// How to call `core`.
    pub interface: emit::CoreInterface,
    /// The same as data for hosts in any language, which has a form in JSON.
    pub description: interface::Description,
    /// Why `core` has no `component-type` section, by which standard tools could make a component of it. There
    /// is none either where meld makes the component.
    pub no_component_type: Option<error::WitError>,
    /// `core` wrapped into a component with the world of the input, where [`Options::component`] asks for it.
    pub component: Option<Vec<u8>>,
    /// What became of every boundary, memory and module of the input.
    pub report: Report,
    /// The world of the result in WIT, where [`Options::wit`] asks for it.
    pub wit: Option<String>,
}

/// Fuses `inputs`: the list of passes.
pub fn fuse(inputs: &[Input<'_>], options: &Options) -> Result<Fused, Error> {
    // Several inputs become one root component; one input is its own root.
    let linked = link::link(inputs, &options.links)?;
    // Bytes to static components; everything is validated here.
    let name = if let [input] = inputs { input.shown() } else { "root" };
    let component = parse::parse_linked(name, &linked.root, &linked.apart)?;
    // What stays open may have to be nothing.
    let provided = options.bind_arena.map(|_| passthrough::ARENA_IMPORT);
    let imports = component.world.imports.iter().map(|import| import.name.as_str());
    link::open::refuse(imports.filter(|name| Some(*name) != provided), &linked.notes, options)?;
    // Instantiation carried out statically.
    let dfg = inline::inline_within(component, &options.limits)?;
    // Who owns which resource, from where each type was obtained.
    let graph = resource_graph::ResourceGraph::new(&dfg)?;
    // Decisions. Beyond this point options are not read, but for which outputs to make.
    let mut plan = plan::plan(&dfg, options)?;
    // By what each handle is routed.
    let tables = merger::HandleTables::new(&dfg, &graph, &plan.handles)?;
    // Adapter bodies over symbolic ids.
    let adapted = adapter::adapt(&dfg, &plan, &tables)?;
    // Imports that the result has by another name, or not at all.
    let named = |position: &usize| dfg.world.imports[*position].name.as_str();
    let renamed: Vec<&str> = plan.passthrough.renamed.iter().map(named).collect();
    let provided: Vec<&str> = plan.passthrough.provided.iter().map(named).collect();
    // One index space.
    let merged = merger::merge(&dfg, adapted)?;
    // The passes over it. Beyond this point nothing is added.
    let mut live = passes::run(merged, &plan.memory)?;
    // But if it turned out that the only second memory would be a handle table's, it is done once more without.
    if let Some(storage) = plan.storage.revised(live.guest_memories(), live.has_words()) {
        plan.storage = storage;
        let adapted = adapter::adapt(&dfg, &plan, &tables)?;
        live = passes::run(merger::merge(&dfg, adapted)?, &plan.memory)?;
    }
    // What tools need that make a component of a core module. Not to be able to say it is not an error.
    let mut no_component_type = None;
    let component_type = |interface: &emit::CoreInterface| {
        let section =
            || wit::component_type_section(&linked.root, &dfg.world, interface, &renamed, plan.memory.has_byte_pages());
        match (!options.component).then(section) {
            Some(Ok(data)) => vec![emit::ExtraCustom { name: wit::COMPONENT_TYPE.into(), data }],
            Some(Err(why)) => {
                no_component_type = Some(why);
                Vec::new()
            }
            None => Vec::new(),
        }
    };
    // Bytes, validated.
    let emitted = emit::emit(&live, component_type)?;
    // A component with the world of the input around it. In it, memories and tables may be apart.
    let (mut component, mut apart) = (None, None);
    if options.component {
        apart = emit::emit_apart(&live)?;
        let inner = apart.as_ref().unwrap_or(&emitted);
        let core = component_wrap::Core { interface: &inner.interface, bytes: &inner.bytes, storages: &inner.storages };
        component = Some(component_wrap::wrap(&dfg, core, plan.passthrough.provided)?);
    }
    let component_bytes = component.as_ref().map(Vec::len);
    let reported = apart.as_ref().unwrap_or(&emitted);
    let mut report = report::build(&dfg, &plan, &live, reported, component_bytes, no_component_type.as_ref());
    report.notes = linked.notes.iter().map(ToString::to_string).collect();
    let wit = options.wit.then(|| wit::world_without(&linked.root, &dfg.world, &provided)).transpose()?;
    // How to call the core module, for hosts in any language.
    let description = interface::describe(&dfg, &emitted.interface, &emitted.bytes)?;
    let mut core = emitted.bytes;
    if options.embed_interface {
        let data = description.to_json().into_bytes().into();
        let section = wasm_encoder::CustomSection { name: interface::SECTION.into(), data };
        wasm_encoder::Section::append_to(&section, &mut core);
    }
    Ok(Fused { core, interface: emitted.interface, description, no_component_type, component, report, wit })
}
