//! The variables that a template sees.

use crate::template::taint::TaintedBytes;
use crate::text::shell;

/// The variables that a template sees.
pub trait Scope {
    /// The value of a variable, or `None` if it is not set.
    fn get(&self, name: &str) -> Option<Value<'_>>;

    /// Sets a variable for later expansions: `${NAME:=word}`.
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
    /// Whether the whole value is secret.
    pub secret: bool,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// One byte string.
    Scalar(&'a [u8]),
    /// Several byte strings, joined with shell quoting where one is needed.
    List(&'a [Vec<u8>]),
    /// A value that an expansion assigned. It knows which of its bytes are secret.
    Assigned(&'a TaintedBytes),
}

impl Value<'_> {
    /// Whether an operator with `:` treats the value as absent.
    pub(super) fn is_empty(&self) -> bool {
        match self.content {
            Content::Scalar(bytes) => bytes.is_empty(),
            Content::List(items) => items.is_empty(),
            Content::Assigned(text) => text.is_empty(),
        }
    }

    /// Whether any byte of the value is secret, and with it whatever derives from all of the value.
    pub(super) fn has_secret(&self) -> bool {
        self.secret || matches!(self.content, Content::Assigned(text) if text.has_secret())
    }

    /// The length in bytes; for a list a lower bound.
    pub(super) fn len(&self) -> usize {
        match self.content {
            Content::Scalar(bytes) => bytes.len(),
            Content::List(items) => items.iter().map(|item| item.len() + 1).sum(),
            Content::Assigned(text) => text.len(),
        }
    }

    /// The value as one byte string.
    #[must_use]
    pub fn to_text(self) -> TaintedBytes {
        let mut text = TaintedBytes::new();
        self.append_to(&mut text);
        text
    }

    /// Appends the value as one byte string.
    pub(super) fn append_to(self, text: &mut TaintedBytes) {
        match self.content {
            Content::Assigned(assigned) if !self.secret => text.append(assigned),
            Content::Assigned(assigned) => text.push_secret(assigned.bytes()),
            Content::Scalar(bytes) => text.push(bytes, self.secret),
            Content::List(items) => text.push(&shell::join(items), self.secret),
        }
    }
}
