//! The references of a template to variables.

use std::ops::Range;

use crate::template::Template;
use crate::template::ast::{Expansion, Operation};

/// An expansion that refers to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The name of the variable.
    pub name: &'t str,
    /// The whole expansion, from the dollar to the closing delimiter.
    pub span: Range<usize>,
    /// Whether the expansion is a spread.
    pub spread: bool,
    /// How the value is used.
    pub usage: Usage<'t>,
}

/// How a reference uses the value of its variable. Words are unexpanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage<'t> {
    /// The value itself.
    Plain,
    /// The word replaces an absent value.
    Default(&'t [u8]),
    /// The word replaces an absent value and is assigned to the variable.
    Assign(&'t [u8]),
    /// The word replaces a value that is present.
    Alternative(&'t [u8]),
    /// An absent value is an error with this message.
    Required(&'t [u8]),
    /// The length of the value.
    Length,
    /// Substring, strip, replacement or case change.
    Transform,
}

pub(super) fn references<'s>(template: &Template<'s>) -> impl Iterator<Item = Reference<'s>> {
    template.expansions.iter().filter_map(|expansion| reference(template, expansion))
}

fn reference<'s>(template: &Template<'s>, expansion: &Expansion) -> Option<Reference<'s>> {
    let usage = match &expansion.operation {
        Operation::Dollar | Operation::Verbatim(_) => return None,
        Operation::Plain => Usage::Plain,
        Operation::Default(_, word) => Usage::Default(&template.source[word.source.clone()]),
        Operation::Assign(_, word) => Usage::Assign(&template.source[word.source.clone()]),
        Operation::Alternative(_, word) => Usage::Alternative(&template.source[word.source.clone()]),
        Operation::Required(_, message) => Usage::Required(&template.source[message.clone()]),
        Operation::Length => Usage::Length,
        Operation::Substring { .. }
        | Operation::Strip { .. }
        | Operation::Replace { .. }
        | Operation::Case(..) => Usage::Transform,
    };
    let name = template.name(&expansion.name);
    Some(Reference { name, span: expansion.span.clone(), spread: expansion.spread, usage })
}
