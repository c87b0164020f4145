//! Where an expansion gets its values from.

use crate::template::taint::TaintedBytes;
use crate::text::shell::quote;

/// The variables that a template sees.
pub trait Scope {
    /// The value of a variable, or `None` when it is not set.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Takes what `${NAME:=word}` assigns, for the expansions that come later.
    fn assign(&mut self, name: &str, value: TaintedBytes);

    /// Whether a variable is a boolean that is false. The operators with `:` treat it as empty.
    fn is_false(&self, _name: &str) -> bool {
        false
    }
}

/// A variable's value.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    /// The value itself.
    pub content: Content<'a>,
    /// Whether all of it is secret.
    pub secret: bool,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// One byte string.
    Scalar(&'a [u8]),
    /// Several; joined with shell quoting where they must be one.
    List(&'a [Vec<u8>]),
    /// What an expansion assigned, with what is known of the origin of its bytes.
    Assigned(&'a TaintedBytes),
}

impl Value<'_> {
    /// Whether `${NAME:-word}` uses its word.
    pub(super) fn is_empty(&self) -> bool {
        match self.content {
            Content::Scalar(bytes) => bytes.is_empty(),
            Content::List(items) => items.is_empty(),
            Content::Assigned(text) => text.is_empty(),
        }
    }

    /// Whether what is derived from the value as a whole is secret.
    pub(super) fn taints(&self) -> bool {
        self.secret || matches!(self.content, Content::Assigned(text) if text.has_secret())
    }

    /// At least how many bytes it has.
    pub(super) fn len(&self) -> usize {
        match self.content {
            Content::Scalar(bytes) => bytes.len(),
            Content::List(items) => items.iter().map(|item| item.len() + 1).sum(),
            Content::Assigned(text) => text.len(),
        }
    }

    /// The value as one text, a list joined with shell quoting.
    #[must_use]
    pub fn to_text(self) -> TaintedBytes {
        let mut text = TaintedBytes::new();
        self.append_to(&mut text);
        text
    }

    /// Adds the value as one text to another.
    pub(super) fn append_to(self, text: &mut TaintedBytes) {
        match self.content {
            Content::Assigned(assigned) if !self.secret => text.push_text(assigned),
            Content::Assigned(assigned) => text.push_secret(assigned.bytes()),
            Content::Scalar(bytes) => text.push(bytes, self.secret),
            Content::List(items) => text.push(&quote::join(items), self.secret),
        }
    }
}
