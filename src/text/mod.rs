//! Text formats: booleans, columns, durations, escape sequences, excerpts, JSON strings, shell words, and name
//! suggestions.

pub mod boolean;
pub(crate) mod columns;
pub mod duration;
pub(crate) mod escape_sequences;
pub(crate) mod excerpt;
pub(crate) mod json;
pub mod shell;
pub mod suggest;
