//! The formats a plan is written in.

pub(crate) mod json;
pub(crate) mod json_writer;
pub(crate) mod text;
