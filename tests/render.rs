//! Rendered files (contract, section 7), from outside.

#[path = "render/declared.rs"]
mod declared;
#[path = "render/envsubst.rs"]
mod envsubst;
#[path = "render/interrupted.rs"]
mod interrupted;
#[path = "render/option.rs"]
mod option;
#[path = "render/plan.rs"]
mod plan;
#[path = "render/problems.rs"]
mod problems;
mod support;
#[path = "render/writing.rs"]
mod writing;
