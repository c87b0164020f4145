//! Where values come from (contract, section 3).
//!
//! [`load`] reads the files and puts all sources together; nothing else here touches the system. What it cannot
//! read is a list of problems beside the variables that it could.

mod env_file;
mod load;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

pub use load::{Loaded, load};

use crate::plan::Source;
use crate::template::{Content, Scope, Text, Value};

/// The variables of a line: all that is set from outside, and what the line itself assigns.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `--set`, and the argument it stands in.
    set: BTreeMap<String, (Vec<u8>, usize)>,
    environment: BTreeMap<String, Vec<u8>>,
    /// What the env files say, the one that counts first.
    env_files: BTreeMap<String, Vec<Placed>>,
    assigned: BTreeMap<String, Text>,
}

/// A value of a file.
#[derive(Clone, Debug)]
struct Placed {
    value: Vec<u8>,
    /// The file and the line.
    #[expect(dead_code, reason = "for --explain, to come")]
    place: String,
}

impl Variables {
    /// The variables of an environment. Those whose names are not UTF-8 cannot be written in a template; of
    /// two with one name the first counts, as for getenv(3).
    pub fn from_environment(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut variables = Self::default();
        for (name, value) in environment {
            if let Ok(name) = name.into_string() {
                variables.environment.entry(name).or_insert_with(|| value.into_vec());
            }
        }
        variables
    }

    /// Where a variable's value comes from.
    #[must_use]
    pub fn source(&self, name: &str) -> Source {
        if self.assigned.contains_key(name) {
            return Source::Line;
        }
        self.given(name).map_or(Source::Unset, |(source, _)| source)
    }

    /// How many bytes a variable's value has.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        match self.get(name).map(|value| value.content) {
            None => 0,
            Some(Content::Scalar(bytes)) => bytes.len(),
            Some(Content::List(items)) => items.iter().map(|item| item.len() + 1).sum(),
            Some(Content::Assigned(text)) => text.len(),
        }
    }

    /// What every process has in its environment beyond what monofy has, in the order of the names.
    pub fn exported(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        let files = self.env_files.iter().filter(|(name, _)| !self.environment.contains_key(*name));
        files.filter_map(|(name, values)| {
            let content = Content::Scalar(&values.first()?.value);
            Some((name.as_str(), Value { content, secret: false }))
        })
    }

    /// The value from outside that counts.
    fn given(&self, name: &str) -> Option<(Source, Content<'_>)> {
        if let Some((value, _)) = self.set.get(name) {
            return Some((Source::Set, Content::Scalar(value)));
        }
        if let Some(value) = self.environment.get(name) {
            return Some((Source::Environment, Content::Scalar(value)));
        }
        let value = self.env_files.get(name)?.first()?;
        Some((Source::EnvFile, Content::Scalar(&value.value)))
    }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let assigned = self.assigned.get(name).map(Content::Assigned);
        let content = assigned.or_else(|| self.given(name).map(|(_, content)| content))?;
        Some(Value { content, secret: false })
    }

    fn assign(&mut self, name: &str, value: Text) {
        self.assigned.insert(name.to_owned(), value);
    }
}
