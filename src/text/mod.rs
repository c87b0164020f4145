//! Text formats: booleans, columns, durations, JSON strings, shell words, and name suggestions.

pub mod boolean;
pub(crate) mod columns;
pub mod duration;
pub(crate) mod json;
pub mod shell;
pub mod suggest;
