//! Tests of the language of substitution (contract, section 2).

#[path = "language/grammar.rs"]
mod grammar;
#[path = "language/hostile.rs"]
mod hostile;
#[path = "language/properties.rs"]
mod properties;
#[path = "language/rules.rs"]
mod rules;
#[path = "language/shells.rs"]
mod shells;
#[path = "language/support.rs"]
mod support;
#[path = "language/vectors.rs"]
mod vectors;
