//! The values of variables (contract, section 3).
//!
//! [`load`] reads the files and combines all sources; nothing else here touches the system. What it cannot read becomes
//! a list of problems beside the variables that it could.

pub mod defaults;
mod env_file;
mod file_rule;
mod info;
mod load;
mod name_glob;
mod path;
mod resolve;
mod rules;
pub mod sources;

use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

pub use defaults::NameSet;
use defaults::{DefaultValue, DefaultsFile, EmptyPolicy, VariableSpec};
pub use file_rule::FileRule;
pub use info::VariableInfo;
pub use load::{DefaultsSettings, Loaded, load};
use rules::ValueRef;
use sources::Disclosure;

use crate::plan::{VariableSource, is_variable};
use crate::template::{Content, Scope, TaintedBytes, Value};
use crate::text::boolean;
use crate::variables::sources::MissingPolicy;

/// The variables of a line: those that are set from outside, and those that the line assigns.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `--set`, and where it is.
    set: BTreeMap<String, (Vec<u8>, String)>,
    environment: BTreeMap<Cow<'static, str>, Cow<'static, [u8]>>,
    /// The values of the env files; the last one counts.
    env_files: BTreeMap<String, Vec<LocatedValue>>,
    assigned: BTreeMap<String, TaintedBytes>,
    files: Vec<DefaultsFile>,
    declared: HashMap<String, VariableSpec>,
    secrets: NameSet,
    disclosure: Disclosure,
    /// For each declared variable, which of its values counts.
    chosen: HashMap<String, ChosenValue>,
    /// The variables without a value for which a problem was reported.
    missing: BTreeSet<String>,
    /// What a required variable without a value is.
    missing_policy: MissingPolicy,
}

/// The value of a declared variable that counts.
#[derive(Clone, Debug)]
struct ChosenValue {
    source: VariableSource,
    /// The contents of the file that `NAME_FILE` names.
    file: Option<LocatedValue>,
    /// The default, if it is a template.
    expanded: Option<ExpandedDefault>,
    /// The variables that this default refers to.
    references: BTreeSet<String>,
}

/// A default that was a template.
#[derive(Clone, Debug)]
enum ExpandedDefault {
    Text(TaintedBytes),
    List {
        items: Vec<Vec<u8>>,
        /// Whether any byte of it came from a secret.
        secret: bool,
    },
}

impl ChosenValue {
    fn from(source: VariableSource) -> Self {
        Self { source, file: None, expanded: None, references: BTreeSet::new() }
    }
}

/// A value of a file.
#[derive(Clone, Debug)]
struct LocatedValue {
    value: Vec<u8>,
    place: Place,
}

/// Where a value comes from, without secrets.
#[derive(Clone, Debug)]
enum Place {
    /// A line of an env file.
    Line(Rc<str>, usize),
    /// A whole file.
    File(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{file}:{line}"),
            Self::File(file) => f.write_str(file),
        }
    }
}

impl Variables {
    /// The variables of an environment. Names that are not UTF-8 are left out, since no template can refer to them. The
    /// first of two with one name counts, as for getenv(3).
    pub fn from_environment<Text: Into<Cow<'static, OsStr>>>(
        environment: impl IntoIterator<Item = (Text, Text)>,
    ) -> Self {
        let mut variables = Self::default();
        for (name, value) in environment {
            let name = match name.into() {
                Cow::Borrowed(name) => name.to_str().map(Cow::Borrowed),
                Cow::Owned(name) => name.into_string().ok().map(Cow::Owned),
            };
            if let Some(name) = name {
                variables.environment.entry(name).or_insert_with(|| bytes(value.into()));
            }
        }
        variables
    }

    /// The source of a variable's value.
    #[must_use]
    pub fn source(&self, name: &str) -> VariableSource {
        if find(&self.assigned, name).is_some() {
            return VariableSource::Line;
        }
        self.external(name).map_or(VariableSource::Unset, |(source, _)| source)
    }

    /// The number of bytes of a variable's value.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        match self.get(name).map(|value| value.content) {
            None => 0,
            Some(Content::Scalar(bytes)) => bytes.len(),
            Some(Content::List(items)) => items.iter().map(|item| item.len() + 1).sum(),
            Some(Content::Assigned(text)) => text.len(),
        }
    }

    /// The variables that every process gets beside the environment of monofy: those of the env files, and those
    /// declared with `export`.
    #[must_use]
    pub fn exported(&self) -> BTreeMap<&str, Value<'_>> {
        let mut exported = BTreeMap::new();
        for (name, values) in &self.env_files {
            if let Some(last) = values.last()
                && !find(&self.environment, name).is_some_and(|value| self.counts(name, value))
                && self.counts(name, &last.value)
            {
                exported.insert(name.as_str(), self.value(name, Content::Scalar(&last.value)));
            }
        }
        for name in self.declared.iter().filter(|(_, spec)| spec.export).map(|(name, _)| name) {
            match self.external(name) {
                // The processes have it already.
                None | Some((VariableSource::Environment, _)) => {}
                Some((_, content)) => {
                    exported.insert(name, self.value(name, content));
                }
            }
        }
        exported
    }

    /// Whether a value of the environment or of an env file counts: an empty one may mean that the variable is not set,
    /// and counts less than a file that `NAME_FILE` names.
    fn counts(&self, name: &str, value: &[u8]) -> bool {
        let Some(spec) = self.declared.get(name).filter(|_| value.is_empty()) else { return true };
        spec.empty_policy() != EmptyPolicy::Unset && (!spec.is_file() || self.name_file(name).is_none())
    }

    /// Whether a variable's value is never shown.
    #[must_use]
    pub fn is_secret(&self, name: &str) -> bool {
        self.declared.get(name).is_some_and(|spec| spec.secret) || self.secrets.contains(name)
    }

    /// Whether only defaults may be shown, and missing values are no problem.
    #[must_use]
    pub fn shows_defaults_only(&self) -> bool {
        self.disclosure == Disclosure::Defaults
    }

    /// Whether the value of a variable is masked because it is no default.
    fn is_withheld(&self, name: &str) -> bool {
        self.shows_defaults_only()
            && match self.source(name) {
                VariableSource::Set
                | VariableSource::Environment
                | VariableSource::EnvFile
                | VariableSource::NameFile => true,
                VariableSource::Defaults | VariableSource::Line | VariableSource::Unset => false,
            }
    }

    /// The default in the defaults file, if it is one text without expansions and no secret.
    #[must_use]
    pub fn literal_default(&self, name: &str) -> Option<&[u8]> {
        let default = self.declared.get(name)?.default.as_ref().filter(|_| !self.is_secret(name))?;
        match &default.value {
            DefaultValue::String(text) | DefaultValue::Int(text) | DefaultValue::Bool(text) => {
                (!text.contains(&b'$')).then_some(text)
            }
            DefaultValue::List(_) => None,
        }
    }

    /// Whether the defaults file has a default for a variable.
    #[must_use]
    pub fn has_default(&self, name: &str) -> bool {
        self.declared.get(name).is_some_and(|spec| spec.default.is_some())
    }

    /// The declared variables that are for the processes, by name: exported ones, and secrets.
    #[must_use]
    pub fn declared_for_processes(&self) -> Vec<&str> {
        let declared = self.declared.iter().filter(|(_, spec)| spec.export || spec.secret);
        let mut names: Vec<&str> = declared.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The message for a variable that the defaults file requires.
    #[must_use]
    pub fn required(&self, name: &str) -> Option<&str> {
        let required = self.declared.get(name)?.required.as_ref()?;
        Some(required.value.as_deref().unwrap_or_default())
    }

    /// Whether a defaults file was read by a relative path, such as that of the working directory.
    #[must_use]
    pub fn has_relative_files(&self) -> bool {
        self.files.iter().any(DefaultsFile::is_relative)
    }

    /// Whether any byte of a variable's value came from a secret.
    #[must_use]
    pub fn holds_secret(&self, name: &str) -> bool {
        if self.is_secret(name) {
            return true;
        }
        match find(&self.assigned, name) {
            Some(assigned) => assigned.has_secret(),
            None => self.chosen.get(name).is_some_and(ChosenValue::has_secret),
        }
    }

    /// The variables that the default of a variable refers to, if the value is that default.
    pub fn references_of_default(&self, name: &str) -> impl Iterator<Item = &str> {
        let chosen = self.chosen.get(name).filter(|_| find(&self.assigned, name).is_none());
        chosen.into_iter().flat_map(|chosen| &chosen.references).map(String::as_str)
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

    /// Whether a variable that is not set was reported, or need not be.
    #[must_use]
    pub fn is_reported_missing(&self, name: &str) -> bool {
        self.missing_policy == MissingPolicy::Ignore || self.missing.contains(name)
    }

    /// Every name that is set or declared, and that a template can refer to; some of them twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.set_names()
            .chain(self.assigned.keys().map(String::as_str))
            .chain(self.declared.keys().map(String::as_str))
    }

    /// The names that are set from outside, other than by a default.
    fn set_names(&self) -> impl Iterator<Item = &str> {
        let names = self.set.keys().chain(self.env_files.keys()).map(String::as_str);
        names.chain(self.environment.keys().map(Cow::as_ref)).filter(|name| is_variable(name))
    }

    /// The value from outside that counts, and its source.
    fn external(&self, name: &str) -> Option<(VariableSource, Content<'_>)> {
        if let Some(chosen) = self.chosen.get(name) {
            return Some((chosen.source, self.content(name, chosen)?));
        }
        let scalar = |source, value| Some((source, Content::Scalar(value)));
        if let Some((value, _)) = find(&self.set, name) {
            return scalar(VariableSource::Set, value);
        }
        if let Some(value) = find(&self.environment, name) {
            return scalar(VariableSource::Environment, value);
        }
        scalar(VariableSource::EnvFile, &find(&self.env_files, name)?.last()?.value)
    }

    /// The value that a declared variable has from its source.
    fn content<'v>(&'v self, name: &str, chosen: &'v ChosenValue) -> Option<Content<'v>> {
        let scalar: &[u8] = match chosen.source {
            VariableSource::Set => &self.set.get(name)?.0,
            VariableSource::Environment => self.environment.get(name)?,
            VariableSource::EnvFile => &self.env_files.get(name)?.last()?.value,
            VariableSource::NameFile => &chosen.file.as_ref()?.value,
            VariableSource::Defaults => {
                return Some(match &chosen.expanded {
                    Some(ExpandedDefault::Text(text)) => Content::Assigned(text),
                    Some(ExpandedDefault::List { items, .. }) => Content::List(items),
                    None => match self.declared.get(name)?.default.as_ref()?.value.as_ref() {
                        ValueRef::Scalar(bytes) => Content::Scalar(bytes),
                        ValueRef::List(items) => Content::List(items),
                    },
                });
            }
            VariableSource::Line | VariableSource::Unset => return None,
        };
        Some(Content::Scalar(scalar))
    }

    /// The value of a variable that has this content.
    fn value<'v>(&'v self, name: &str, content: Content<'v>) -> Value<'v> {
        let secret = match content {
            Content::List(_) => self.chosen.get(name).is_some_and(ChosenValue::has_secret),
            Content::Scalar(_) | Content::Assigned(_) => false,
        };
        Value { content, secret: secret || self.is_secret(name) || self.is_withheld(name) }
    }

    /// The path that `NAME_FILE` holds, unless that is empty.
    fn name_file(&self, name: &str) -> Option<&[u8]> {
        if self.shows_defaults_only() {
            return None;
        }
        let name = format!("{name}_FILE");
        let environment = self.environment.get(name.as_str());
        let environment = environment.map(Cow::as_ref);
        let path = environment.or_else(|| Some(self.env_files.get(&name)?.last()?.value.as_slice()))?;
        Some(path).filter(|path| !path.is_empty())
    }

    /// The path that `NAME_FILE` holds, for messages.
    fn name_file_shown(&self, name: &str, path: &[u8]) -> String {
        if self.is_secret(&format!("{name}_FILE")) {
            return "***".to_owned();
        }
        printable(&String::from_utf8_lossy(path))
    }
}

impl ChosenValue {
    fn has_secret(&self) -> bool {
        match &self.expanded {
            Some(ExpandedDefault::Text(text)) => text.has_secret(),
            Some(ExpandedDefault::List { secret, .. }) => *secret,
            None => false,
        }
    }
}

/// The bytes of a value.
fn bytes(value: Cow<'static, OsStr>) -> Cow<'static, [u8]> {
    match value {
        Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
        Cow::Owned(value) => Cow::Owned(value.into_vec()),
    }
}

/// Text without control characters, for messages.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Looks a name up. Most maps are empty, and every variable of the line is looked up in all of them.
fn find<'m, Name: Borrow<str> + Ord, T>(map: &'m BTreeMap<Name, T>, name: &str) -> Option<&'m T> {
    if map.is_empty() { None } else { map.get(name) }
}

impl Scope for Variables {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        let assigned = find(&self.assigned, name).map(Content::Assigned);
        let content = assigned.or_else(|| self.external(name).map(|(_, content)| content))?;
        Some(self.value(name, content))
    }

    fn assign(&mut self, name: &str, value: TaintedBytes) {
        self.assigned.insert(name.to_owned(), value);
    }

    fn is_false(&self, name: &str) -> bool {
        self.declared.get(name).is_some_and(VariableSpec::is_bool)
            && match self.get(name).map(|value| value.content) {
                Some(Content::Scalar(bytes)) => boolean::parse(bytes) == Some(false),
                Some(Content::Assigned(text)) => boolean::parse(text.bytes()) == Some(false),
                Some(Content::List(_)) | None => false,
            }
    }
}
