//! Whether a value is secret.

use crate::template::TaintedBytes;

/// Whether a value came from a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    Public,
    Secret,
}

impl Secrecy {
    pub(super) fn of(value: &TaintedBytes) -> Self {
        if value.has_secret() { Self::Secret } else { Self::Public }
    }
}
