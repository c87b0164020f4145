//! A rendered file of the plan.

use serde::{Deserialize, Serialize};

use crate::plan::{ByteString, SecretRanges};

/// A file that is written before anything is started (contract, section 7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenderedFile {
    /// The template, as a path; `-` is stdin.
    pub source: ByteString,
    /// Where the file goes; `-` is stdout.
    pub destination: ByteString,
    /// Its permissions, at most 0o7777.
    pub mode: u32,
    /// `USER[:GROUP]`, names or numbers. `None` is the user of monofy.
    #[serde(default)]
    pub owner: Option<ByteString>,
    /// The text, expanded.
    pub content: ByteString,
    /// The variables that the template refers to.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Which bytes of the fields above came from a secret.
    #[serde(default)]
    pub secrets: SecretRanges,
}
