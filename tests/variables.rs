//! The sources of variables (contract, section 3), from outside.

#[path = "variables/defaults.rs"]
mod defaults;
#[path = "variables/env_files.rs"]
mod env_files;
#[path = "variables/explain.rs"]
mod explain;
#[path = "variables/fixtures.rs"]
mod fixtures;
#[path = "variables/merging.rs"]
mod merging;
#[path = "variables/problems.rs"]
mod problems;
#[path = "variables/secrets.rs"]
mod secrets;
#[path = "variables/set.rs"]
mod set;
#[path = "variables/sizes.rs"]
mod sizes;
mod support;
#[path = "variables/values.rs"]
mod values;
