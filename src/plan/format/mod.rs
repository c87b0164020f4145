//! The formats of a plan.

pub(crate) mod compose;
pub(crate) mod json;
pub(crate) mod json_writer;
pub(crate) mod kubernetes;
mod services;
pub(crate) mod text;
mod yaml;
