//! The language of substitution (contract, section 2), from outside.

#[path = "language/support.rs"]
mod support;
#[path = "language/vectors.rs"]
mod vectors;
