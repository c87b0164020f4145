//! Text formats with no meaning of their own here: JSON strings, shell words, name suggestions.

pub(crate) mod json;
pub mod shell;
pub mod suggest;
