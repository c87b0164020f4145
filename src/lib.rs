//! `monofy` runs several tightly coupled processes as one unit.

pub mod template;
