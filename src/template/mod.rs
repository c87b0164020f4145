//! The language of substitution (contract, section 2).
//!
//! An argument is parsed once into a [`Template`], which expands against a [`Scope`] any number of times. Both
//! are pure: this module reads no environment, no file and no clock. Text is bytes throughout.
//!
//! ```
//! use monofy::template::{Scope, TaintedBytes, Template, UnsetPolicy, Value};
//!
//! struct Nothing;
//! impl Scope for Nothing {
//!     fn get(&self, _: &str) -> Option<Value<'_>> {
//!         None
//!     }
//!     fn assign(&mut self, _: &str, _: TaintedBytes) {}
//! }
//!
//! let arguments = Template::parse(b"--port=${PORT:-8000}").expand(&mut Nothing, UnsetPolicy::Empty)?;
//! assert_eq!(arguments[0].bytes(), b"--port=8000");
//! # Ok::<(), Vec<monofy::template::ExpansionError>>(())
//! ```
//!
//! `parse::delimiters` finds where each expansion ends, `parse` then builds the tree from left to right, and
//! `expand` evaluates the tree.

mod ast;
mod budget;
mod characters;
mod error;
mod expand;
mod fields;
mod file;
mod glob;
mod line;
mod lint;
mod parse;

mod reference;
mod scope;
mod syntax;
mod taint;

use std::ops::Range;

use ast::{Expansion, Part, Parts};
pub use budget::Budget;
pub use error::{Absence, ExpansionError, ExpansionErrorKind};
pub use expand::UnsetPolicy;
pub use file::{FileExpansion, FileTemplate};
pub use line::{LineError, LineErrorKind, LineWord, LineWords, MappedText, normalized};
pub use lint::{Lint, LintKind, Severity};
pub use reference::{Reference, Usage};
pub use scope::{Content, Scope, Value};
pub use syntax::Syntax;
pub use taint::TaintedBytes;

/// A parsed argument.
///
/// Parsing never fails: malformed expansions are literal text, and [`Template::lints`] lists them. Nodes are
/// in flat arenas and refer to each other by index, so neither size nor nesting can exhaust the stack.
#[derive(Clone, Debug, Default)]
pub struct Template<'s> {
    source: &'s [u8],
    expansions: Vec<Expansion>,
    parts: Vec<Part>,
    /// The parser's stack; empty, and kept for its memory.
    pending: Vec<Part>,
    /// The fields of a spread's word. At most one word of a template is split.
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

    /// Parses one argument into the memory of a template that is no longer needed. With thousands of templates,
    /// allocation would take most of the time.
    #[must_use]
    pub fn parse_reusing(self, source: &[u8]) -> Template<'_> {
        parse::parse_into(source, Syntax::Argument, self.recycle())
    }

    /// An empty template that keeps the memory of this one.
    #[must_use]
    pub fn recycle(mut self) -> Template<'static> {
        self.expansions.clear();
        self.parts.clear();
        self.fields.clear();
        self.lints.clear();
        Template {
            source: b"",
            expansions: self.expansions,
            parts: self.parts,
            pending: self.pending,
            fields: self.fields,
            root: 0..0,
            lints: self.lints,
        }
    }

    /// The source of the template.
    #[must_use]
    pub fn source(&self) -> &'s [u8] {
        self.source
    }

    /// Whether the template expands to exactly its source.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        match &self.parts[self.root.clone()] {
            [] => self.source.is_empty(),
            [Part::Literal(span)] => *span == (0..self.source.len()),
            _ => false,
        }
    }

    /// The lints of the parser, from left to right. With one of [`Severity::Error`] every expansion fails.
    #[must_use]
    pub fn lints(&self) -> &[Lint] {
        &self.lints
    }

    /// All references to variables, from left to right, evaluated or not.
    pub fn references(&self) -> impl Iterator<Item = Reference<'s>> {
        reference::references(self)
    }

    /// The positions of a byte in the text outside expansions.
    #[must_use]
    pub fn positions_outside_expansions(&self, byte: u8) -> Vec<usize> {
        let literals = self.parts[self.root.clone()].iter().filter_map(|part| match part {
            Part::Literal(span) => Some(span.clone()),
            Part::Escaped(_) | Part::Expansion(_) => None,
        });
        literals.flatten().filter(|at| self.source[*at] == byte).collect()
    }

    /// The references inside what looks like a password hash, such as `$2b$12$Pg8A`. They are probably part of it.
    pub fn references_in_password_hashes(&self) -> impl Iterator<Item = Reference<'s>> {
        let spans = lint::password_hash::spans(self.source);
        let references = reference::references(self);
        references.filter(move |reference| {
            spans.iter().any(|span| span.contains(&reference.span.start) && reference.span.end <= span.end)
        })
    }

    fn name(&self, span: &Range<usize>) -> &'s str {
        // Names are ASCII by the grammar, so the fallback is never used.
        std::str::from_utf8(&self.source[span.clone()]).unwrap_or_default()
    }
}
