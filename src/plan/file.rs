//! A rendered file of the plan.

use serde::{Deserialize, Serialize};

use crate::plan::ByteString;

/// A file that is written before anything is started (contract, section 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderedFile {
    /// The template, as a path; `-` is stdin.
    pub source: ByteString,
    /// Where the file goes; `-` is stdout.
    pub destination: ByteString,
    /// Its permissions.
    pub mode: u32,
    /// Whether `mode` was written by the user, and not derived from the template.
    #[serde(default)]
    pub has_own_mode: bool,
    /// `USER[:GROUP]`, names or numbers. `None` is the user of monofy.
    #[serde(default)]
    pub owner: Option<ByteString>,
    /// The text, expanded.
    pub content: ByteString,
    /// The variables that the template refers to.
    #[serde(default)]
    pub variables: Vec<String>,
    /// The secret byte ranges of the content: `[start, end)`, ascending.
    #[serde(default)]
    pub secrets: Vec<[usize; 2]>,
}
