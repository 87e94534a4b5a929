//! Families of inputs, each by one number.
//!
//! In: a number. Out: components that are valid and cheap to validate, and in which something grows much faster than
//! the input does, or would be looked up once for each of many other things.

mod code;
mod instances;
mod links;
mod types;

use crate::measure::{Allowed, Cost, Mode, Outcome};

/// A family of inputs.
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What grows.
    pub what: &'static str,
    /// Components, all to be fused together.
    pub inputs: fn(usize) -> Vec<Vec<u8>>,
    /// Numbers to try.
    pub sizes: &'static [usize],
    /// What is done with them.
    pub modes: &'static [Mode],
    /// Parts of errors that are right as well: not everything can be fused.
    pub refused: &'static [&'static str],
}

/// Most families have no stack that could be shared, and that is what they are told.
const NO_STACK: &str = "no stack was found";

impl Family {
    /// What is wrong with what an input costs or comes to, if anything is.
    pub fn objection(&self, cost: &Cost, allowed: &Allowed) -> Option<String> {
        if let Outcome::Refused(error) = &cost.outcome
            && !self.refused.iter().chain(&[NO_STACK]).any(|right| error.contains(right))
        {
            return Some("neither a result nor a limit".to_string());
        }
        allowed.objection(cost)
    }
}

macro_rules! families {
    ($($module:ident::$make:ident: $name:literal, $what:literal, [$($size:literal),*], $modes:expr $(, refused $refused:literal)?;)*) => {
        /// All of them.
        pub const FAMILIES: &[Family] = &[$(Family {
            name: $name,
            what: $what,
            inputs: $module::$make,
            sizes: &[$($size),*],
            modes: $modes,
            refused: &[$($refused)?],
        }),*];
    };
}

const BOTH: &[Mode] = &[Mode::Core, Mode::Component, Mode::Described];
const MOST: &[Mode] = &[Mode::Core, Mode::Component, Mode::Shared, Mode::Inspect, Mode::Described];
const ALL: &[Mode] = &Mode::ALL;
const WINDOWS: &[Mode] = &[Mode::Shared, Mode::Isolate, Mode::ShareStack];

families! {
    instances::export_dag: "export-dag", "instances that export the one below twice", [10, 13, 17], MOST;
    instances::export_fibonacci: "export-fibonacci", "instances that export the two below", [20, 26], MOST;
    instances::export_types: "export-types", "the same, with records and resources", [8, 15], MOST;
    instances::export_params: "export-params", "functions of one type with 1,000 parameters, under two names at each level", [1, 6], MOST;
    instances::instance_dag: "instance-dag", "components that instantiate the one below twice", [10, 16, 30], MOST;
    instances::import_dag: "import-dag", "instances passed on under two names at each level", [8, 14], MOST;
    instances::alias_chain: "alias-chain", "aliases of what an alias names", [2000, 40000], MOST;
    instances::deep: "deep", "components in components, each instantiated", [100, 450], MOST;
    instances::deep_exports: "deep-exports", "an interface handed through components in components", [40, 300], MOST;
    instances::same_names: "same-names", "definitions of one long name", [1000, 4000], MOST;
    instances::many_exports: "many-exports", "functions that the root exports", [1000, 40000], BOTH;
    instances::module_often: "module-often", "instances of a module of 40 kB", [64, 1000, 4000], ALL, refused "engines accept at most";
    instances::pure_often: "pure-often", "instances of a module of 40 kB without state", [64, 4000], ALL;
    instances::module_tree: "module-tree", "instances of components with a module of 40 kB", [4, 12], BOTH, refused "engines accept at most";
    instances::starts: "starts", "instances with start functions", [1000, 4000], ALL;
    instances::fold_chain: "fold-chain", "instances that import a function of the one before", [500, 4000], BOTH;
    instances::handle_spaces: "handle-spaces", "instances and resources that each of them holds", [20, 60], MOST, refused "engines accept at most";
    types::tuples: "tuples", "a tuple of two of the tuple below", [8, 15], MOST;
    types::variants: "variants", "a variant of two of the variant below", [8, 15], MOST;
    types::lists: "lists", "a list in a list", [90], MOST;
    types::wide_record: "wide-record", "fields of one record", [500, 5000], MOST;
    types::wide_fields: "wide-fields", "fields of a record, each a tuple of 40", [500, 5000], MOST;
    types::lowers: "lowers", "a function with a record, lowered again and again", [300, 3000], MOST, refused "engines accept at most";
    types::resource_types: "resource-types", "resources, each with its functions", [200, 2000], MOST;
    code::small_functions: "small-functions", "functions of one instruction", [10000, 200000], ALL;
    code::types: "types", "types, and as many functions with loads", [1000, 20000], ALL;
    code::locals: "locals", "functions with 50,000 locals", [100, 2000], ALL;
    code::nested_ifs: "nested-ifs", "an if in an if, with locals derived from the stack pointer", [1000, 20000], WINDOWS;
    code::nested_loops: "nested-loops", "a loop in a loop, with locals that each writes", [500, 4000], WINDOWS;
    code::branch_table: "branch-table", "targets of one br_table", [10000, 200000], ALL;
    code::accesses: "accesses", "loads at addresses in many locals", [5000, 100000], WINDOWS;
    code::address_taken: "address-taken", "functions in a table, types, and indirect calls", [2000, 20000], ALL;
    code::imports: "imports", "imported functions, and calls of them", [1000, 10000], MOST;
    code::forwarders: "forwarders", "functions that call the next and do no more", [1000, 50000], ALL;
    code::segments: "segments", "data segments of one memory", [1000, 20000], ALL, refused "100,000";
    code::memories_and_segments: "memories-and-segments", "data segments beside 50 memories", [1000, 6000], WINDOWS;
    code::tables: "tables", "tables with an element segment each", [100, 5000], ALL, refused "engines accept at most";
    code::globals: "globals", "globals that begin with the value of the one before", [1000, 30000], ALL;
    code::late_segments: "late-segments", "data segments that are out of bounds", [1000, 20000], ALL, refused "100,000";
    links::import_params: "import-params", "imported functions of one type with 1,000 parameters", [10, 190, 900], MOST;
    links::interfaces: "interfaces", "interfaces between each of four inputs and the next", [200, 800], BOTH, refused "1 MB";
    links::inputs: "inputs", "inputs that import from the one before", [100, 500], BOTH;
    links::shared_import: "shared-import", "inputs with the same import", [100, 500], BOTH;
    links::versions: "versions", "versions of one interface", [300, 3000], BOTH;
}
