//! Text formats: booleans, durations, JSON strings, shell words, and name suggestions.

pub mod boolean;
pub mod duration;
pub(crate) mod json;
pub mod shell;
pub mod suggest;
