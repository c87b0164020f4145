//! The command line (contract, section 1) and how its problems are told (3.4), from outside.

#[path = "cli/assignments.rs"]
mod assignments;
#[path = "cli/limits.rs"]
mod limits;
#[path = "cli/line.rs"]
mod line;
#[path = "cli/names.rs"]
mod names;
#[path = "cli/operators.rs"]
mod operators;
#[path = "cli/options.rs"]
mod options;
#[path = "cli/printing.rs"]
mod printing;
#[path = "cli/problems.rs"]
mod problems;
#[path = "cli/processes.rs"]
mod processes;
#[path = "cli/selection.rs"]
mod selection;
mod support;
#[path = "cli/twins.rs"]
mod twins;
#[path = "cli/unset.rs"]
mod unset;
#[path = "cli/values.rs"]
mod values;
