//! Which variables a template refers to, and how.

use std::ops::Range;

use crate::template::Template;
use crate::template::ast::{Expansion, Kind};

/// One place of a template that names a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'t> {
    /// The variable.
    pub name: &'t str,
    /// The whole expansion, from its dollar to its closer.
    pub span: Range<usize>,
    /// Whether the value becomes several arguments.
    pub spread: bool,
    /// What is done with the value.
    pub usage: Usage<'t>,
}

/// What a reference does with the variable's value. Words are as they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage<'t> {
    /// The value itself.
    Plain,
    /// A word in its place when it is missing.
    Default(&'t [u8]),
    /// A word in its place when it is missing, which the variable keeps.
    Assign(&'t [u8]),
    /// A word in its place when it is not missing.
    Alternative(&'t [u8]),
    /// An error with this message when it is missing.
    Required(&'t [u8]),
    /// Its length.
    Length,
    /// Substring, strip, replace or case.
    Transform,
}

pub(super) fn references<'s>(template: &Template<'s>) -> impl Iterator<Item = Reference<'s>> {
    template.expansions.iter().filter_map(|expansion| reference(template, expansion))
}

fn reference<'s>(template: &Template<'s>, expansion: &Expansion) -> Option<Reference<'s>> {
    let usage = match &expansion.kind {
        Kind::Dollar | Kind::Verbatim(_) => return None,
        Kind::Plain => Usage::Plain,
        Kind::Default(_, word) => Usage::Default(&template.source[word.source.clone()]),
        Kind::Assign(_, word) => Usage::Assign(&template.source[word.source.clone()]),
        Kind::Alternative(_, word) => Usage::Alternative(&template.source[word.source.clone()]),
        Kind::Required(_, message) => Usage::Required(&template.source[message.clone()]),
        Kind::Length => Usage::Length,
        Kind::Substring { .. } | Kind::Strip { .. } | Kind::Replace { .. } | Kind::Case(..) => {
            Usage::Transform
        }
    };
    let name = template.name(&expansion.name);
    Some(Reference { name, span: expansion.span.clone(), spread: expansion.spread, usage })
}
