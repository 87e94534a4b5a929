//! The stages of a fusion, in order. This is the only list of them. To see what a stage has made, give [`run`] an observer.

use crate::adapter::Adapted;
use crate::dfg::ComponentDfg;
use crate::emit::Emitted;
use crate::error::MergeError;
use crate::extension::Extension;
use crate::handle_tables::HandleTables;
use crate::link::Linked;
use crate::module::{Live, MergedModule};
use crate::options::{SharedArena, Strip};
use crate::parse::Component;
use crate::passes::{After, PassPoint};
use crate::plan::FusionPlan;
#[cfg(feature = "json")]
use crate::provenance;
use crate::resource_graph::ResourceGraph;
use crate::{
    Error, Fused, Input, Options, adapter, component_wrap, custom, emit, inline, interface, link, merger, parse,
    passes, passthrough, plan, report, resource_graph, wit,
};
use std::ops::ControlFlow;

/// What a stage has made.
#[non_exhaustive]
pub enum Made<'m, 'd> {
    /// [`link`]: the bytes of one component.
    Linked(&'m Linked<'d>),
    /// [`parse`]: the static components.
    Parsed(&'m Component<'d>),
    /// [`inline`]: the composition with all instantiation carried out.
    Dfg(&'m ComponentDfg<'d>),
    /// [`resource_graph`]: who owns which resource.
    Resources(&'m ComponentDfg<'d>, &'m ResourceGraph),
    /// [`crate::handle_tables`]: by what each handle is routed.
    Handles(&'m ComponentDfg<'d>, &'m HandleTables),
    /// [`plan`]: the decisions.
    Plan(&'m ComponentDfg<'d>, &'m FusionPlan),
    /// [`adapter`]: the bodies of adapters.
    Adapters(&'m ComponentDfg<'d>, &'m Adapted),
    /// [`merger`]: the entities of the fused module.
    Merged(&'m MergedModule<'m>),
    /// [`passes`]: the module after a pass.
    After(&'m After<'m, 'm>),
    /// [`emit`]: the core module.
    Emitted(&'m Emitted),
    /// [`component_wrap`]: the component around it, with [`Options::component`].
    Component(&'m [u8]),
}

impl Made<'_, '_> {
    /// The name of the stage or the pass.
    pub fn stage(&self) -> &'static str {
        match self {
            Made::Linked(_) => "link",
            Made::Parsed(_) => "parse",
            Made::Dfg(_) => "dfg",
            Made::Resources(..) => "resources",
            Made::Plan(..) => "plan",
            Made::Handles(..) => "handles",
            Made::Adapters(..) => "adapters",
            Made::Merged(_) => "merged",
            Made::After(after) => after.pass.name(),
            Made::Emitted(_) => "emit",
            Made::Component(_) => "component",
        }
    }
}

/// What messages call the root of `inputs`.
pub(crate) fn root_name<'a>(inputs: &'a [Input<'_>]) -> &'a str {
    if let [input] = inputs { input.shown() } else { "root" }
}

/// Fuses `inputs`, as [`run_with`] does without extensions.
///
/// # Errors
///
/// Each stage has an enum of its own: see [`Error`].
pub fn run(
    inputs: &[Input<'_>],
    options: &Options,
    observe: &mut dyn FnMut(Made<'_, '_>) -> ControlFlow<()>,
) -> Result<Option<Fused>, Error> {
    run_with(inputs, options, &mut [], observe)
}

/// Fuses `inputs`. `observe` is shown what each stage has made, and may break off: then there is no result.
/// `extensions` may change it, each in its turn.
///
/// # Errors
///
/// Each stage has an enum of its own: see [`Error`]. An extension ends the fusion with an error of the stage that it belongs to.
pub fn run_with(
    inputs: &[Input<'_>],
    options: &Options,
    extensions: &mut [&mut dyn Extension],
    observe: &mut dyn FnMut(Made<'_, '_>) -> ControlFlow<()>,
) -> Result<Option<Fused>, Error> {
    run_prepared(inputs, options, &|_| (), extensions, observe)
}

/// Does what [`run_with`] does, and lets `prepare` give what [`inline`] made other names for people.
pub(crate) fn run_prepared(
    inputs: &[Input<'_>],
    options: &Options,
    prepare: &dyn Fn(&mut ComponentDfg<'_>),
    extensions: &mut [&mut dyn Extension],
    observe: &mut dyn FnMut(Made<'_, '_>) -> ControlFlow<()>,
) -> Result<Option<Fused>, Error> {
    macro_rules! show {
        ($made:expr) => {
            let made = $made;
            log::debug!("{}", made.stage());
            if observe(made).is_break() {
                return Ok(None);
            }
        };
    }
    // Several inputs become one root component; one input is its own root.
    let linked = link::link_keeping(inputs, &options.links, &options.kept_exports)?;
    show!(Made::Linked(&linked));
    // Bytes to static components; everything is validated here.
    let component = parse::parse_linked(root_name(inputs), &linked.root, &linked.apart)?;
    show!(Made::Parsed(&component));
    // What stays open may have to be nothing.
    let provided = match options.memory.shared().and_then(|shared| shared.arena) {
        Some(SharedArena::Inside(_)) => Some(passthrough::ARENA_IMPORT),
        Some(SharedArena::Embedder(_)) | None => None,
    };
    let imports = component.world.imports.iter().map(|import| import.name.as_str());
    link::open::refuse(imports.filter(|name| Some(*name) != provided), &linked.notes, options)?;
    // Instantiation carried out statically.
    let mut dfg = inline::inline_within(component, &options.limits)?;
    prepare(&mut dfg);
    show!(Made::Dfg(&dfg));
    // Who owns which resource, from where each type was obtained.
    let graph = resource_graph::ResourceGraph::new(&dfg)?;
    show!(Made::Resources(&dfg, &graph));
    // Which instance uses tasks, and by what each handle is routed.
    let principal = plan::principal(&dfg, options)?;
    let handles = HandleTables::new(&dfg, &graph, principal.instance, principal.tasks.is_some())?;
    show!(Made::Handles(&dfg, &handles));
    // Decisions. Beyond this point options are not read, but for which outputs to make.
    let mut plan = plan::plan(&dfg, handles, principal, options)?;
    show!(Made::Plan(&dfg, &plan));
    // Adapter bodies over symbolic ids.
    let mut adapted = adapter::adapt(&dfg, &plan)?;
    for extension in &mut *extensions {
        extension.adapters(&dfg, &plan, &mut adapted)?;
    }
    show!(Made::Adapters(&dfg, &adapted));
    // Imports that the result has by another name, or not at all.
    let named = |position: &usize| dfg.world.imports[*position].name.as_str();
    let renamed: Vec<&str> = plan.passthrough.renamed.iter().map(named).collect();
    let provided: Vec<&str> = plan.passthrough.provided.iter().map(named).collect();
    // One index space.
    let merged = merger::merge(&dfg, adapted)?;
    show!(Made::Merged(&merged));
    // The passes over it. Beyond this point nothing is added.
    let mut after_pass = |after: &After<'_, '_>| {
        log::debug!("{}", after.pass.name());
        observe(Made::After(after))
    };
    let live = own_passes(merged, &plan, extensions, &mut after_pass)?;
    let Some(mut live) = live else { return Ok(None) };
    // But if it turned out that the only second memory would be a handle table's, it is done once more without.
    if let Some(storage) = plan.storage.revised(live.guest_memories(), live.has_words()) {
        plan.storage = storage;
        let mut adapted = adapter::adapt(&dfg, &plan)?;
        for extension in &mut *extensions {
            extension.adapters(&dfg, &plan, &mut adapted)?;
        }
        show!(Made::Adapters(&dfg, &adapted));
        let merged = merger::merge(&dfg, adapted)?;
        show!(Made::Merged(&merged));
        let again = own_passes(merged, &plan, extensions, &mut |after| observe(Made::After(after)))?;
        let Some(again) = again else { return Ok(None) };
        live = again;
    }
    live.strip = options.strip;
    // What tools need that make a component of a core module. Not to be able to say it is not an error.
    let mut no_component_type = None;
    let component_type = |interface: &crate::core_interface::CoreInterface| {
        let section =
            || wit::component_type_section(&linked.root, &dfg, interface, &renamed, plan.memory.has_byte_pages());
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
    let mut emitted = emit::emit(&live, component_type)?;
    show!(Made::Emitted(&emitted));
    // In a component, memories and tables may be apart.
    #[cfg_attr(not(feature = "json"), expect(unused_mut, reason = "there is no provenance to put into it"))]
    let mut apart = if options.component { emit::emit_apart(&live)? } else { None };
    let mut report = {
        let reported = apart.as_ref().unwrap_or(&emitted);
        report::build(&dfg, &plan, &live, reported, no_component_type.as_ref(), options.list_functions)
    };
    report.noted(&linked.notes);
    #[cfg(feature = "json")]
    let mut provenance = None;
    #[cfg(feature = "json")]
    if options.has_provenance() {
        for emitted in std::iter::once(&mut emitted).chain(&mut apart) {
            let of_this = provenance::build(inputs, &live, emitted, &report);
            if options.embed_provenance {
                custom::append(vec![(provenance::SECTION.into(), of_this.to_json().into())], &mut emitted.bytes);
            }
            provenance = Some(of_this);
        }
        provenance = provenance.filter(|_| options.provenance);
        report.output.core_bytes = apart.as_ref().unwrap_or(&emitted).bytes.len();
    }
    // A component with the world of the input around it.
    let mut component = None;
    if options.component {
        let inner = apart.as_ref().unwrap_or(&emitted);
        let core = component_wrap::Core { interface: &inner.interface, bytes: &inner.bytes, storages: &inner.storages };
        let wrapped = component_wrap::wrap(&dfg, core, plan.passthrough.provided)?;
        show!(Made::Component(&wrapped));
        component = Some(wrapped);
    }
    if let Some((component, name)) = component.as_mut().zip(dfg.own_name.filter(|_| options.strip.keeps_names())) {
        custom::append_component_name(name, component);
    }
    // What the result says of itself is in the outermost part of it.
    if options.strip != Strip::All {
        let sections = custom::metadata(&live.module, &live.marks.funcs).sections;
        custom::append(sections, component.as_mut().unwrap_or(&mut emitted.bytes));
    }
    report.output.component_bytes = component.as_ref().map(Vec::len);
    if !options.component {
        report.output.core_bytes = emitted.bytes.len();
    }
    let wit = options.wit.then(|| wit::world_without(&linked.root, &dfg.world, &provided)).transpose()?;
    // How to call the core module, for hosts in any language.
    let mut description = interface::describe(&dfg, &emitted.interface, &emitted.bytes)?;
    description.domains = interface::domains(&report.map, &emitted.bytes)?;
    #[cfg_attr(not(feature = "json"), expect(unused_mut, reason = "the description has no form"))]
    let mut core = emitted.bytes;
    #[cfg(feature = "json")]
    if options.embed_interface {
        let data = description.to_json().into_bytes().into();
        let section = wasm_encoder::CustomSection { name: interface::SECTION.into(), data };
        wasm_encoder::Section::append_to(&section, &mut core);
    }
    Ok(Some(Fused {
        core,
        interface: emitted.interface,
        description,
        no_component_type,
        component,
        report,
        wit,
        #[cfg(feature = "json")]
        provenance,
    }))
}

/// Runs the passes, and those of the extensions between them.
fn own_passes<'d>(
    mut merged: MergedModule<'d>,
    plan: &FusionPlan,
    extensions: &mut [&mut dyn Extension],
    observe: &mut dyn FnMut(&After<'_, 'd>) -> ControlFlow<()>,
) -> Result<Option<Live<'d>>, MergeError> {
    merged.needs = plan.needs;
    merged.merge_similar = plan.merge_similar;
    if extensions.is_empty() {
        return passes::run(merged, &plan.memory, observe);
    }
    let mut own = |point: PassPoint, module: &mut MergedModule<'_>| {
        extensions.iter_mut().try_for_each(|extension| extension.pass(point, module))
    };
    passes::run_with(merged, &plan.memory, Some(&mut own), observe)
}
