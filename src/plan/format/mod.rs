//! The formats of a plan.

pub(crate) mod json;
pub(crate) mod json_writer;
pub(crate) mod text;
