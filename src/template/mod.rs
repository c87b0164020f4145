//! The language of substitution (contract, section 2).
//!
//! An argument is parsed once into a [`Template`] and expanded against a [`Scope`] as often as needed. Both
//! steps are pure: nothing here reads the environment, a file or the clock. Text is bytes from end to end.
//!
//! ```
//! use monofy::template::{Scope, Template, Text, UnsetPolicy, Value};
//!
//! struct Nothing;
//! impl Scope for Nothing {
//!     fn get(&self, _: &str) -> Option<Value<'_>> {
//!         None
//!     }
//!     fn assign(&mut self, _: &str, _: Text) {}
//! }
//!
//! let arguments = Template::parse(b"--port=${PORT:-8000}").expand(&mut Nothing, UnsetPolicy::Empty)?;
//! assert_eq!(arguments[0].bytes(), b"--port=8000");
//! # Ok::<(), Vec<monofy::template::Problem>>(())
//! ```
//!
//! The way of a template: `extent` finds where each expansion ends, `parse` builds the tree from left to
//! right with that knowledge, `expand` walks the tree.

mod ast;
mod characters;
mod expand;
mod fields;
mod glob;
mod lint;
mod parse;
mod problem;
mod reference;
mod scope;
mod taint;

use std::ops::Range;

use ast::{Expansion, Part, Parts};
pub use expand::UnsetPolicy;
pub use lint::{Lint, LintKind, Severity};
pub use problem::{Missing, Problem, ProblemKind};
pub use reference::{Reference, Usage};
pub use scope::{Content, Scope, Value};
pub use taint::TaintedBytes;

/// One argument as it was written, parsed.
///
/// Parsing never fails: what is not well formed stands for itself, and [`Template::lints`] tells of it.
/// Nodes live in flat arenas and name each other by index, so neither size nor nesting can exhaust the stack.
#[derive(Clone, Debug, Default)]
pub struct Template<'s> {
    source: &'s [u8],
    expansions: Vec<Expansion>,
    parts: Vec<Part>,
    /// Empty: what parsing needed.
    unfinished: Vec<Part>,
    /// The fields of a spread's written word; at most one word of a template is split.
    fields: Vec<Parts>,
    root: Parts,
    lints: Vec<Lint>,
}

impl<'s> Template<'s> {
    /// Parses one argument, in time linear in its length.
    #[must_use]
    pub fn parse(source: &'s [u8]) -> Self {
        parse::parse(source)
    }

    /// The same with the memory of a template that is not needed any more: for a thousand of them, most of the work is
    /// to get some and to give it back.
    #[must_use]
    pub fn parse_after(self, source: &[u8]) -> Template<'_> {
        parse::parse_into(source, self.emptied())
    }

    /// The template of nothing, with the memory of this one.
    #[must_use]
    pub fn emptied(mut self) -> Template<'static> {
        self.expansions.clear();
        self.parts.clear();
        self.fields.clear();
        self.lints.clear();
        Template {
            source: b"",
            expansions: self.expansions,
            parts: self.parts,
            unfinished: self.unfinished,
            fields: self.fields,
            root: 0..0,
            lints: self.lints,
        }
    }

    /// The argument as it was written.
    #[must_use]
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// Whether the argument stands for exactly its own bytes.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        match &self.parts[self.root.clone()] {
            [] => self.source.is_empty(),
            [Part::Literal(span)] => *span == (0..self.source.len()),
            _ => false,
        }
    }

    /// What parsing noticed, from left to right. Those of [`Severity::Error`] make every expansion fail.
    #[must_use]
    pub fn lints(&self) -> &[Lint] {
        &self.lints
    }

    /// Every reference to a variable, from left to right, whether or not it will be evaluated.
    pub fn references(&self) -> impl Iterator<Item = Reference<'s>> {
        reference::references(self)
    }

    fn name(&self, span: &Range<usize>) -> &'s str {
        // The grammar limits names to ASCII, so the fallback is never used.
        std::str::from_utf8(&self.source[span.clone()]).unwrap_or_default()
    }
}
