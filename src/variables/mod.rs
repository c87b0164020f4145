//! Where values come from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::plan::Source;
use crate::template::{Content, Scope, Text, Value};

/// The variables of a line: the environment, and what the line itself assigns.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    environment: BTreeMap<String, Vec<u8>>,
    assigned: BTreeMap<String, Text>,
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
            Source::Line
        } else if self.environment.contains_key(name) {
            Source::Environment
        } else {
            Source::Unset
        }
    }

    /// How many bytes a variable's value has.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        let assigned = self.assigned.get(name).map(Text::len);
        assigned.or_else(|| self.environment.get(name).map(Vec::len)).unwrap_or(0)
    }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let assigned = self.assigned.get(name).map(Content::Assigned);
        let content = assigned.or_else(|| self.environment.get(name).map(|value| Content::Scalar(value)))?;
        Some(Value { content, secret: false })
    }

    fn assign(&mut self, name: &str, value: Text) {
        self.assigned.insert(name.to_owned(), value);
    }
}
