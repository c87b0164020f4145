//! Where values come from (contract, section 3), from outside.

#[path = "variables/env_files.rs"]
mod env_files;
#[path = "variables/scene.rs"]
mod scene;
#[path = "variables/set.rs"]
mod set;
mod support;
