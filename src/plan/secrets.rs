//! Which bytes of a command came from a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whether a view shows secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretDisplay {
    /// Replace them by `***`.
    #[default]
    Mask,
    /// Show them.
    Show,
}

/// The secret byte ranges of each field, by the field's name: `argv[1]`, `env.TOKEN`, `workdir`.
///
/// Ranges are `[start, end)`, ascending, and do not touch. An empty list marks a field that is secret as a whole and
/// cannot be masked in part, such as a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretRanges(pub BTreeMap<String, Vec<[usize; 2]>>);

impl SecretRanges {
    /// Whether any byte of this field is secret.
    #[must_use]
    pub fn contains(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }
}
