//! Where values come from (contract, section 3).
//!
//! [`load`] reads the files and puts all sources together; nothing else here touches the system. What it cannot
//! read is a list of problems beside the variables that it could.

pub mod defaults;
mod env_file;
mod info;
mod load;
mod path;
mod resolve;
mod rules;
pub mod sources;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use defaults::{Declaration, File, FileSpan};
pub use info::VariableInfo;
pub use load::{Loaded, Settings, load};
use regex::bytes::Regex;
use rules::ValueRef;

use crate::diagnostic::Diagnostic;

use crate::plan::VariableSource;
use crate::template::{Content, Scope, TaintedBytes, Value};

/// The variables of a line: all that is set from outside, and what the line itself assigns.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `--set`, and the argument it stands in.
    set: BTreeMap<String, (Vec<u8>, usize)>,
    environment: BTreeMap<String, Vec<u8>>,
    /// What the env files say, the one that counts first.
    env_files: BTreeMap<String, Vec<LocatedValue>>,
    assigned: BTreeMap<String, TaintedBytes>,
    /// The defaults files, and what they say.
    files: Vec<File>,
    declared: BTreeMap<String, Declaration>,
    secrets: Vec<Regex>,
    /// For each declared variable, which of its values counts.
    chosen: BTreeMap<String, Chosen>,
}

/// Which value counts.
#[derive(Clone, Debug)]
struct Chosen {
    source: VariableSource,
    /// What the file that `NAME_FILE` names holds.
    file: Option<LocatedValue>,
}

impl Chosen {
    fn from(source: VariableSource) -> Self {
        Self { source, file: None }
    }
}

/// A value of a file.
#[derive(Clone, Debug)]
struct LocatedValue {
    value: Vec<u8>,
    /// The file and the line.
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
    pub fn source(&self, name: &str) -> VariableSource {
        if find(&self.assigned, name).is_some() {
            return VariableSource::Line;
        }
        self.given(name).map_or(VariableSource::Unset, |(source, _)| source)
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

    /// What every process has in its environment beyond what monofy has: what the env files say and what is
    /// declared with `export`.
    #[must_use]
    pub fn exported(&self) -> BTreeMap<&str, Value<'_>> {
        let mut exported = BTreeMap::new();
        for (name, values) in &self.env_files {
            if let (Some(first), false) = (values.first(), self.environment.contains_key(name)) {
                let content = Content::Scalar(&first.value);
                exported.insert(name.as_str(), Value { content, secret: self.is_secret(name) });
            }
        }
        for (name, declaration) in self.declared.iter().filter(|(_, declaration)| declaration.export) {
            match self.given(name) {
                // It has that already.
                None | Some((VariableSource::Environment, _)) => {}
                Some((_, content)) => {
                    let secret = declaration.secret || self.is_secret(name);
                    exported.insert(name, Value { content, secret });
                }
            }
        }
        exported
    }

    /// Whether a variable's value is kept out of everything that is shown.
    #[must_use]
    pub fn is_secret(&self, name: &str) -> bool {
        find(&self.declared, name).is_some_and(|declaration| declaration.secret)
            || self.secrets.iter().any(|secret| secret.is_match(name.as_bytes()))
    }

    /// Whether any of a variable's value came from a secret.
    #[must_use]
    pub fn holds_secret(&self, name: &str) -> bool {
        self.is_secret(name) || find(&self.assigned, name).is_some_and(TaintedBytes::has_secret)
    }

    /// Replaces what the line has assigned to a variable, and returns that. `None` is no assignment.
    pub(crate) fn replace_assigned(
        &mut self,
        name: &str,
        value: Option<TaintedBytes>,
    ) -> Option<TaintedBytes> {
        match value {
            Some(value) => self.assigned.insert(name.to_owned(), value),
            None => self.assigned.remove(name),
        }
    }

    /// Every name that is set or declared; some of them twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let set = self.set.keys().chain(self.environment.keys()).chain(self.env_files.keys());
        set.chain(self.assigned.keys()).chain(self.declared.keys()).map(String::as_str)
    }

    /// The value from outside that counts.
    fn given(&self, name: &str) -> Option<(VariableSource, Content<'_>)> {
        if let Some(chosen) = find(&self.chosen, name) {
            return Some((chosen.source, self.content(name, chosen)?));
        }
        let scalar = |source, value| Some((source, Content::Scalar(value)));
        if let Some((value, _)) = find(&self.set, name) {
            return scalar(VariableSource::Set, value);
        }
        if let Some(value) = find(&self.environment, name) {
            return scalar(VariableSource::Environment, value);
        }
        scalar(VariableSource::EnvFile, &find(&self.env_files, name)?.first()?.value)
    }

    /// The value that one source has.
    fn content(&self, name: &str, chosen: &Chosen) -> Option<Content<'_>> {
        let scalar = match chosen.source {
            VariableSource::Set => &self.set.get(name)?.0,
            VariableSource::Environment => self.environment.get(name)?,
            VariableSource::EnvFile => &self.env_files.get(name)?.first()?.value,
            VariableSource::NameFile => return self.named_file(name),
            VariableSource::Defaults => {
                return Some(match self.declared.get(name)?.default.as_ref()?.what.judged() {
                    ValueRef::Scalar(bytes) => Content::Scalar(bytes),
                    ValueRef::List(items) => Content::List(items),
                });
            }
            VariableSource::Line | VariableSource::Unset => return None,
        };
        Some(Content::Scalar(scalar))
    }

    fn named_file(&self, name: &str) -> Option<Content<'_>> {
        Some(Content::Scalar(&self.chosen.get(name)?.file.as_ref()?.value))
    }

    /// The path that `NAME_FILE` holds; an empty one is none.
    fn name_file(&self, name: &str) -> Option<&[u8]> {
        let name = format!("{name}_FILE");
        let environment = self.environment.get(&name);
        let path = environment.or_else(|| Some(&self.env_files.get(&name)?.first()?.value))?;
        Some(path.as_slice()).filter(|path| !path.is_empty())
    }

    fn problem(&self, spot: &FileSpan, message: &str) -> Diagnostic {
        self.files[spot.file].problem(&spot.span, message)
    }
}

/// Most sources have nothing, and every variable of the line is looked for in all of them.
fn find<'m, T>(map: &'m BTreeMap<String, T>, name: &str) -> Option<&'m T> {
    if map.is_empty() { None } else { map.get(name) }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let assigned = find(&self.assigned, name).map(Content::Assigned);
        let content = assigned.or_else(|| self.given(name).map(|(_, content)| content))?;
        Some(Value { content, secret: self.is_secret(name) })
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        self.assigned.insert(name.to_owned(), value);
    }
}
