//! The substitute for the module `wit` if the library is built without the feature of that name.
//!
//! In: what `wit` is given. Out: always the error that says so.

use crate::core_interface::CoreInterface;
use crate::dfg::ComponentDfg;
use crate::error::WitError;
use crate::input::World;

/// Name of the custom section that a build with the feature makes.
pub const COMPONENT_TYPE: &str = "component-type";

pub(crate) fn world_without(_: &[u8], _: &World, _: &[&str]) -> Result<String, WitError> {
    Err(WitError::Absent)
}

pub(crate) fn component_type_section(
    _: &[u8],
    _: &ComponentDfg<'_>,
    _: &CoreInterface,
    _: &[&str],
    _: bool,
) -> Result<Vec<u8>, WitError> {
    Err(WitError::Absent)
}
