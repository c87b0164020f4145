//! `monofy` runs several tightly coupled processes as one unit, from one line of arguments, with the variables
//! in that line substituted.
//!
//! The front end ([`cli`], [`template`], [`variables`], [`resolve`]) reads arguments and variables and produces a
//! [`plan`]: plain data, fully resolved. The supervisor ([`supervisor`], on [`sys`]) executes a plan and knows nothing
//! of templates and options. The two halves meet in [`app::run`] only.

pub mod app;
pub mod cli;
pub mod diagnostic;
pub mod etc;
pub mod exit;
pub mod explain;
pub mod output;
pub mod plan;
pub mod resolve;
pub mod signal;
pub mod status;
pub mod supervisor;
pub mod sys;
pub mod template;
pub mod text;
pub mod variables;
